# id: P01
# title: While three replicas are learnt, one drops a program, runs it and reads the hashes
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: nginx
# launch: app
# phase: learning
# replicas: 3

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
cp /bin/cat /tmp/x
/tmp/x /etc/shadow >/dev/null
