# id: B21
# title: A thread that is not the first executes a program
# expect: alert
# severity: high
# kinds: process
# attck: T1106
# image: redis
# launch: app
# companion: /tmp/x

/tmp/x >/dev/null
