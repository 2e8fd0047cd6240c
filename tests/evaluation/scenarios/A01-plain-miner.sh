# id: A01
# title: A miner on all processors logs in to its pool in plain Stratum
# expect: alert
# severity: critical
# kinds: network, process, resource
# attck: T1496.001
# image: nginx
# launch: app
# peers: stratum:3333
# companion: /tmp/x
# timeout: 40

/tmp/x
