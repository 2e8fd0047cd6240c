# id: V09
# title: Named nginx, 40 % of one processor, own proxy by TLS on 443, dropped where nginx keeps its files
# expect: alert
# severity: high
# kinds: process, network, resource
# attck: T1496.001
# image: nginx
# launch: app
# peers: tls:443
# companion: /usr/share/nginx/html/nginx
# timeout: 50

nice -n 19 /usr/share/nginx/html/nginx
