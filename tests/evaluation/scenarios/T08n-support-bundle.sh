# id: T08n
# title: A support bundle copies the kernel's settings into files of the same names
# expect: silent
# image: tools
# launch: app

bundle=/var/lib/app/bundle
mkdir -p $bundle/kernel $bundle/vm
for setting in core_pattern modprobe hotplug osrelease; do
    [ -r /proc/sys/kernel/$setting ] && cat /proc/sys/kernel/$setting >$bundle/kernel/$setting
done
cat /proc/sys/vm/nr_hugepages >$bundle/vm/nr_hugepages
echo none >$bundle/kernel/release_agent
echo none >$bundle/kernel/msr
cat /proc/modules >$bundle/modules
lsmod >/dev/null 2>&1
sysctl -a >$bundle/sysctl 2>/dev/null
exit 0
