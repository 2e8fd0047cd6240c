# id: K05
# title: 8220: shell from a web application, scanner, keys, SELinux off, schedule, own miner
# expect: alert
# severity: critical
# kinds: process, file, network
# attck: T1496.001
# image: php
# launch: app
# peers: http:8000, stratum:3333
# companion: /tmp/masscan
# timeout: 50
# within: 15

mkdir -p /root/.ssh /etc/cron.d
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nstand-in\n-----END OPENSSH PRIVATE KEY-----\n' >/root/.ssh/id_rsa
setenforce 0 2>/dev/null
cat /root/.ssh/id_rsa >/dev/null
/tmp/masscan
echo '*/2 * * * * root /tmp/pwnrig' >/etc/cron.d/nginx
/tmp/pwnrig -B
exit 0
