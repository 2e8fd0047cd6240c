# id: P05
# title: While it is learnt, a dropped program runs forty times and calls home each time
# expect: alert
# severity: high
# kinds: process, network
# attck: T1105
# image: redis
# launch: app
# phase: learning
# peers: http:8000
# companion: /tmp/beacon
# timeout: 60

i=0
while [ $i -lt 40 ]; do
    /tmp/beacon
    sleep 0.5
    i=$((i + 1))
done
