# id: B01
# title: A program is written and executed
# expect: alert
# severity: critical
# kinds: process, file
# attck: T1105
# image: redis
# launch: app

cp /bin/ls /tmp/x
/tmp/x / >/dev/null
