# id: T10n
# title: A diagnosis lists its own namespaces and reads harmless files of process 1
# expect: silent
# image: tools
# launch: app

for space in mnt net pid user uts ipc; do
    readlink /proc/self/ns/$space
done
lsns >/dev/null 2>&1
cat /proc/1/root/etc/os-release /proc/1/root/etc/hostname >/dev/null
ls /proc/1/root/ /proc/self/root/ >/dev/null
cat /proc/self/mountinfo /proc/1/cgroup >/dev/null
findmnt >/dev/null 2>&1
exit 0
