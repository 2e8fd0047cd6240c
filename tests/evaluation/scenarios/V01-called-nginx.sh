# id: V01
# title: A careful miner calls itself nginx, in its file's name and in its arguments
# expect: alert
# severity: high
# kinds: process, network
# attck: T1036.005
# image: nginx
# launch: app
# peers: tls:443
# companion: /usr/lib/nginx/nginx
# timeout: 50

/usr/lib/nginx/nginx
