# id: C17
# title: Ten commands look around within seconds
# expect: alert
# severity: medium
# kinds: process
# attck: T1082
# image: tools
# launch: app

id
whoami
uname -a
hostname
ps aux
ss -tlnp
ip addr
ip route
cat /etc/passwd /proc/version
df -h
env
cat /proc/net/tcp /proc/1/cgroup
exit 0
