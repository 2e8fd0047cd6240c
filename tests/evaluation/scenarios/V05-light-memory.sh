# id: V05
# title: A careful miner makes do with little memory and no huge pages
# expect: alert
# severity: high
# kinds: process, network, resource
# attck: T1496.001
# image: redis
# launch: app
# peers: tls:443
# companion: /usr/local/sbin/redis-sentry
# timeout: 50

/usr/local/sbin/redis-sentry
