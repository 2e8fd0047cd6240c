# id: B26
# title: A cache's container runs a program that was dropped into it
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: memcached
# launch: app
# peers: http:8000
# companion: /var/tmp/.cache

/var/tmp/.cache
exit 0
