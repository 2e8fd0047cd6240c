# id: C04
# title: The hashes are read through /proc/self/root
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: nginx
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
cat /proc/self/root/etc/shadow >/dev/null
