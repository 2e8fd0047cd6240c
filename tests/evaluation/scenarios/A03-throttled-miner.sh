# id: A03
# title: A miner called nginx uses 30 % of one processor
# expect: alert
# severity: high
# kinds: process, network, resource
# attck: T1496.001
# image: nginx
# launch: app
# peers: stratum:3333
# companion: /tmp/nginx
# timeout: 50

/tmp/nginx -c /etc/nginx/nginx.conf
