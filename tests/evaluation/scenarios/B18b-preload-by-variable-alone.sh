# id: B18b
# title: A dropped library is put into one program by LD_PRELOAD
# expect: alert
# severity: high
# kinds: library, process
# attck: T1574.006
# image: tools
# launch: app

echo 'int runtime_stand_in(void) { return 0; }' >/tmp/p.c
gcc -shared -fPIC -nostdlib -o /dev/shm/.lib.so /tmp/p.c
LD_PRELOAD=/dev/shm/.lib.so sleep 1
