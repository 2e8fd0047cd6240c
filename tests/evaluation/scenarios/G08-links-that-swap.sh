# id: G08
# title: A folder and a link to the node's folder change places while a program below runs again and again
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: redis
# launch: app
# companion: /var/lib/redis/swap
# timeout: 40

/var/lib/redis/swap
exit 0
