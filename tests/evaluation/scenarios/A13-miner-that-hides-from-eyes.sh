# id: A13
# title: A miner halts while top or ps runs
# expect: alert
# severity: high
# kinds: process, network, resource
# attck: T1496.001
# image: tools
# launch: app
# peers: stratum:3333
# companion: /tmp/perfctl
# timeout: 55

/tmp/perfctl &
sleep 8
top -b -n 1 >/dev/null
ps aux >/dev/null
wait
