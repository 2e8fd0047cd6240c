# id: T02s
# title: A TLS client asks for a mining pool by its name
# expect: alert
# severity: critical
# kinds: network, dns
# attck: T1496.001
# image: tools
# launch: app
# peers: tls:443

timeout 5 openssl s_client -quiet -connect tls:443 -servername pool.hashvault.pro </dev/null >/dev/null 2>&1
exit 0
