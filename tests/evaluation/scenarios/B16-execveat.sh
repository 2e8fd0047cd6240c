# id: B16
# title: A program is executed by its descriptor (execveat)
# expect: alert
# severity: high
# kinds: process
# attck: T1106
# image: python
# launch: app

cp /bin/id /tmp/.session
python3 -c '
import os
fd = os.open("/tmp/.session", os.O_PATH)
os.execve(fd, ["id"], {})' >/dev/null
