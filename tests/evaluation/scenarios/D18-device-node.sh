# id: D18
# title: A device node is made and the node's disk asked for
# expect: alert
# severity: high
# kinds: file, privilege
# attck: T1611
# image: redis
# launch: app

# The node reaches /dev/null (1:3); a container has no disk's node to read.
mknod /var/lib/redis/.disk c 1 3
cat /var/lib/redis/.disk
dd if=/dev/vda of=/dev/null bs=512 count=1 2>/dev/null
ls /proc/1/root/ >/dev/null
cat /proc/1/root/etc/shadow >/dev/null 2>&1
exit 0
