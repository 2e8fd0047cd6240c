# id: A08
# title: A miner hides by /etc/ld.so.preload and bears a kernel thread's name
# expect: alert
# severity: critical
# kinds: file, process, network
# attck: T1574.006
# image: tools
# launch: app
# peers: stratum:3333, sink:4444
# companion: /tmp/m
# timeout: 50

echo 'int runtime_stand_in(void) { return 0; }' >/tmp/h.c
gcc -shared -fPIC -nostdlib -o /usr/local/lib/libhide.so /tmp/h.c
echo /usr/local/lib/libhide.so >/etc/ld.so.preload
exec /tmp/m
