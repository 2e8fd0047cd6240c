# id: E17
# title: The firewall's rules are flushed
# expect: alert
# severity: medium
# kinds: process, privilege, network
# attck: T1562.004
# image: tools
# launch: app

# As nft flush ruleset says it: a batch of NFT_MSG_DELTABLE over netlink. Refused without CAP_NET_ADMIN.
command -v iptables >/dev/null && iptables -F
python3 -c '
import socket, struct
def message(kind, flags, sequence, body):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body
batch = struct.pack("=BBH", 0, 0, socket.htons(10))
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netfilter:
    netfilter.settimeout(2)
    netfilter.send(message(16, 1, 0, batch) + message((10 << 8) | 2, 5, 1, struct.pack("=BBH", 0, 0, 0)) + message(17, 1, 2, batch))
    print(netfilter.recv(4096)[:24].hex())'
exit 0
