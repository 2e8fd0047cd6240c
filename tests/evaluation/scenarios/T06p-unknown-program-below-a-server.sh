# id: T06p
# title: A program that nobody has seen runs from /tmp below a web server
# expect: alert
# severity: critical
# kinds: process, file
# attck: T1105
# image: nginx
# launch: app
# companion: /tmp/upd

/tmp/upd >/dev/null
