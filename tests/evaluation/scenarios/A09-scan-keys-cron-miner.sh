# id: A09
# title: 8220's steps: scan, SSH keys, SELinux off, cron, miner
# expect: alert
# severity: high
# kinds: network, file, process
# attck: T1046
# image: tools
# launch: app
# peers: stratum:3333
# companion: /tmp/spirit
# timeout: 50
# within: 15

mkdir -p /root/.ssh
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nstand-in\n-----END OPENSSH PRIVATE KEY-----\n' >/root/.ssh/id_rsa
echo '127.0.0.2 ssh-ed25519 stand-in' >/root/.ssh/known_hosts
/tmp/spirit scan
cat /root/.ssh/id_rsa /root/.ssh/known_hosts >/dev/null
setenforce 0 2>/dev/null
echo '*/5 * * * * root /tmp/spirit' >/etc/cron.d/apache
/tmp/spirit mine
