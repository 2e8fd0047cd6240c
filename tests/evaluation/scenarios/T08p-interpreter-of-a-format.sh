# id: T08p
# title: An interpreter of programs is registered for the whole node (binfmt_misc)
# expect: alert
# severity: high
# kinds: privilege, file
# attck: T1546
# image: tools
# launch: app

# What is registered is no rule: were it allowed, the kernel would refuse it.
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && umount /proc/sys/fs/binfmt_misc
echo stand-in >/proc/sys/fs/binfmt_misc/register
exit 0
