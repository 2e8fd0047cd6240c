# id: V06
# title: A miner of the image waits until it was learnt, then logs in to its pool
# expect: alert
# severity: high
# kinds: network, process
# attck: T1497.003
# image: nginx
# launch: image
# phase: learning
# peers: stratum:3333
# companion: /usr/sbin/nginx-stat
# timeout: 90
# within: 60

/usr/sbin/nginx-stat
