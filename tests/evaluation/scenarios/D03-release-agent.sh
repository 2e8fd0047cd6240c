# id: D03
# title: A cgroup is mounted and its release_agent written
# expect: alert
# severity: high
# kinds: privilege, file
# attck: T1611
# image: tools
# launch: app

mkdir -p /tmp/cgrp
# Refused in a container. Were it allowed, it is undone at once, so that what is written below is never the kernel's.
mount -t cgroup -o rdma cgroup /tmp/cgrp && umount /tmp/cgrp
mount -t cgroup -o memory cgroup /tmp/cgrp && umount /tmp/cgrp
mkdir -p /tmp/cgrp/x
echo 1 >/tmp/cgrp/x/notify_on_release
printf '#!/bin/sh\nid >/stand-in\n' >/cmd
chmod a+x /cmd
echo /stand-in/cmd >/tmp/cgrp/release_agent
exit 0
