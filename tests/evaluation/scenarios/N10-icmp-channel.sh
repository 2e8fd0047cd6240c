# id: N10
# title: Commands travel in echo requests made by hand
# expect: alert
# severity: high
# kinds: network, privilege
# attck: T1095
# image: tools
# launch: app

python3 -c '
import socket, struct
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
    for number in range(10):
        payload = b"stand-in command output ".ljust(64, b".")
        head = struct.pack("!BBHHH", 8, 0, 0, 77, number)
        raw.sendto(struct.pack("!BBHHH", 8, 0, checksum(head + payload), 77, number) + payload, ("127.0.0.1", 0))'
