# id: T04n
# title: A root file system for another container is put together, its etc/ld.so.preload too; the own one is looked at
# expect: silent
# image: tools
# launch: app

mkdir -p /var/lib/app/rootfs/etc
echo /usr/lib/libjemalloc.so.2 >/var/lib/app/rootfs/etc/ld.so.preload
cp /etc/ld.so.conf /var/lib/app/rootfs/etc/
ls -l /etc/ld.so.preload >/dev/null 2>&1
cat /etc/ld.so.preload >/dev/null 2>&1
ldconfig -p >/dev/null
exit 0
