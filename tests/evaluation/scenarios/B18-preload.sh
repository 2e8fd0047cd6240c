# id: B18
# title: A library is put into programs by LD_PRELOAD, then into all by /etc/ld.so.preload
# expect: alert
# severity: high
# kinds: library, file, process
# attck: T1574.006
# image: tools
# launch: app

echo 'int runtime_stand_in(void) { return 0; }' >/tmp/p.c
gcc -shared -fPIC -nostdlib -o /tmp/libp.so /tmp/p.c
LD_PRELOAD=/tmp/libp.so /bin/id >/dev/null
echo /tmp/libp.so >/etc/ld.so.preload
/bin/id >/dev/null
