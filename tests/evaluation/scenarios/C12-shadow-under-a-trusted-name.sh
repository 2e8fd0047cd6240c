# id: C12
# title: The hashes are read by a program that was given a trusted one's name
# expect: alert
# severity: high
# kinds: file, process
# attck: T1036.005
# image: nginx
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
cp /bin/cat /tmp/systemd-logind
/tmp/systemd-logind /etc/shadow >/dev/null
