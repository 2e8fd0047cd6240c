# id: C05
# title: The hashes are read by a path full of ..
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: postgres
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
cat /etc/../etc/../etc/shadow >/dev/null
