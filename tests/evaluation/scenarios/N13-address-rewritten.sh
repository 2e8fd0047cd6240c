# id: N13
# title: The address is rewritten while connect reads it
# expect: alert
# severity: medium
# kinds: network
# attck: T1071
# image: redis
# launch: app
# peers: sink:4444
# companion: /var/lib/redis/q

/var/lib/redis/q
exit 0
