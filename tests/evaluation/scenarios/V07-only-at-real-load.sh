# id: V07
# title: A miner of the image works only while its neighbour does
# expect: alert
# severity: high
# kinds: resource
# attck: T1496.001
# image: nginx
# launch: image
# phase: learning
# peers: tls:443
# companion: /usr/sbin/nginx-metrics
# timeout: 90
# skip: told by how the use of the processor depends on the load, over hours to days

/usr/sbin/nginx-metrics
