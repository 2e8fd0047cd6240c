# id: V03
# title: A careful miner reaches its own proxy of a pool by TLS on port 443
# expect: alert
# severity: high
# kinds: process, network
# attck: T1071.001
# image: nginx
# launch: app
# peers: tls:443
# companion: /usr/local/bin/updater
# timeout: 50

/usr/local/bin/updater
