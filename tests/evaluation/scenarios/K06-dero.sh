# id: K06
# title: Dero's worm: a file called nginx is put into a running container and starts a miner called cloud behind TLS
# expect: alert
# severity: high
# kinds: process, file, network
# attck: T1610
# image: redis
# launch: exec
# peers: tls:443
# companion: /usr/bin/nginx
# timeout: 50
# within: 15

echo 1 >/usr/bin/version.dat
/usr/bin/nginx
