# id: D05
# title: A file system is mounted in a container
# expect: alert
# severity: medium
# kinds: privilege
# attck: T1611
# image: tools
# launch: app

mkdir -p /mnt/x
mount -t tmpfs none /mnt/x
mount -t proc proc /mnt/x
exit 0
