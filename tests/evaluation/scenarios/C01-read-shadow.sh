# id: C01
# title: The accounts' password hashes are read
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: nginx
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
cat /etc/shadow >/dev/null
