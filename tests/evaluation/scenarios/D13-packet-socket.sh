# id: D13
# title: A packet socket is opened
# expect: alert
# severity: high
# kinds: network, privilege
# attck: T1040
# image: tools
# launch: app

python3 -c '
import socket, time
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sniffer:
    sniffer.settimeout(2)
    try:
        sniffer.recv(2048)
    except TimeoutError:
        pass'
exit 0
