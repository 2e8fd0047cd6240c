# id: B02
# title: A script runs from /dev/shm
# expect: alert
# severity: high
# kinds: process, file
# attck: T1059.004
# image: nginx
# launch: app

printf '#!/bin/sh\nid\nuname -a\n' >/dev/shm/x.sh
chmod +x /dev/shm/x.sh
# The place is mounted so that nothing in it can be executed; an interpreter reads it all the same.
sh /dev/shm/x.sh >/dev/null
