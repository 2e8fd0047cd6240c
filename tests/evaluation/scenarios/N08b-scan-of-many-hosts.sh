# id: N08b
# title: One port is tried at two hundred hosts
# expect: alert
# severity: high
# kinds: network
# attck: T1046
# image: nginx
# launch: app
# companion: /var/cache/nginx/m

/var/cache/nginx/m
