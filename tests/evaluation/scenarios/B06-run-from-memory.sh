# id: B06
# title: A program runs from memory (memfd)
# expect: alert
# severity: critical
# kinds: process
# attck: T1620
# image: python
# launch: app

python3 -c '
import os
fd = os.memfd_create("x", os.MFD_CLOEXEC)
with open("/bin/ls", "rb") as source:
    os.write(fd, source.read())
os.execve(f"/proc/self/fd/{fd}", ["ls", "/"], {})' >/dev/null
