# id: T02n
# title: Names with pool and miner in them, looked up from the first start on
# expect: silent
# image: python
# launch: image
# phase: learning
# peers: dns:53
# timeout: 40

python3 -c '
import socket, struct, time
server = (socket.gethostbyname("dns"), 53)
names = ["pool.ntp.org", "0.debian.pool.ntp.org", "connection-pool.shop.svc.cluster.local", "data-miner.example.com", "pool.supportxmr.com.example.com", "xmr.example.net"]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as questions:
    for number, name in enumerate(names * 3):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        questions.sendto(struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1), server)
        time.sleep(0.3)'
