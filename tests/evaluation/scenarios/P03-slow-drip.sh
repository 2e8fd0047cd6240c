# id: P03
# title: While it is learnt, one more small step every few seconds
# expect: alert
# severity: medium
# kinds: process, file
# attck: T1105
# image: redis
# launch: app
# phase: learning
# timeout: 70
# within: 60

id >/dev/null
sleep 5
ls -la /root /etc >/dev/null
sleep 5
echo stand-in >/var/lib/redis/.a
sleep 5
cp /bin/id /var/lib/redis/.b
sleep 5
chmod 700 /var/lib/redis/.b
sleep 5
/var/lib/redis/.b >/dev/null
sleep 5
echo '* * * * * root /var/lib/redis/.b' >/etc/crontab
sleep 5
mkdir -p /root/.ssh
echo 'ssh-ed25519 AAAAStandIn a' >>/root/.ssh/authorized_keys
