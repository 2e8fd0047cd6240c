# id: N08
# title: A thousand ports of one host are tried
# expect: alert
# severity: high
# kinds: network
# attck: T1046
# image: tools
# launch: app

python3 -c '
import socket
for port in range(1, 1001):
    with socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", port))'
