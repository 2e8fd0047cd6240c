# id: V08
# title: A miner of the image's own layer, of no package, behind TLS
# expect: alert
# severity: medium
# kinds: integrity, network, process, resource
# attck: T1525
# image: nginx
# launch: image
# phase: learning
# peers: tls:443
# companion: /usr/sbin/nginx-cache-manager
# timeout: 70
# within: 60

/usr/sbin/nginx-cache-manager
