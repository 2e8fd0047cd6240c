# id: G05
# title: A program is dropped and run, and the hashes read, in the first minute of learning
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: redis
# launch: app
# phase: learning

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
cat /etc/shadow >/dev/null
cp /bin/ls /tmp/x
/tmp/x / >/dev/null
