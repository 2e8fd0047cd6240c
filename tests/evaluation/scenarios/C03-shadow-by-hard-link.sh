# id: C03
# title: The hashes get another name by a hard link and are read under it
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: redis
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
ln /etc/shadow /etc/motd.old
cat /etc/motd.old >/dev/null
