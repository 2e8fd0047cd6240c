# id: T11p
# title: One replica of three runs other bytes under a path of the image
# expect: alert
# severity: critical
# kinds: integrity, process, file
# attck: T1525
# image: redis
# launch: app
# replicas: 3
# companion: /usr/bin/redis-benchmark

/usr/bin/redis-benchmark -q
