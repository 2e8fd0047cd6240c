# id: V02
# title: A careful miner uses 40 % of one processor at the lowest priority
# expect: alert
# severity: high
# kinds: process, network, resource
# attck: T1496.001
# image: redis
# launch: app
# peers: sink:4444
# companion: /var/lib/redis/rdb-check
# timeout: 50

nice -n 19 /var/lib/redis/rdb-check
