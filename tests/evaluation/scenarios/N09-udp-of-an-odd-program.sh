# id: N09
# title: A program called sha1sum sends datagrams
# expect: alert
# severity: medium
# kinds: network, process
# attck: T1095
# image: redis
# launch: app
# peers: sink:4444
# companion: /usr/local/bin/sha1sum

/usr/local/bin/sha1sum /etc/hostname
exit 0
