# id: B12
# title: A program is removed while it runs
# expect: alert
# severity: critical
# kinds: process, file
# attck: T1070.004
# image: redis
# launch: app

cp /bin/sleep /tmp/x
/tmp/x 5 &
sleep 0.2
rm /tmp/x
wait
