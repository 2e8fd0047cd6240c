# id: P04
# title: An image that puts a library into every program from its first second
# expect: alert
# severity: critical
# kinds: file, library
# attck: T1574.006
# image: tools
# launch: image
# phase: learning
# timeout: 30
# within: 15

echo 'int runtime_stand_in(void) { return 0; }' >/tmp/h.c
gcc -shared -fPIC -nostdlib -o /usr/local/lib/libstat.so /tmp/h.c
echo /usr/local/lib/libstat.so >/etc/ld.so.preload
