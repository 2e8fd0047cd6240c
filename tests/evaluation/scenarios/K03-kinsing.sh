# id: K03
# title: Kinsing in a broken database: its agent drops the miner, leaves a schedule and waits
# expect: alert
# severity: critical
# kinds: process, file, network
# attck: T1496.001
# image: redis
# launch: app
# peers: http:8000, stratum:3333
# companion: /tmp/kinsing
# timeout: 50
# within: 15

mkdir -p /var/spool/cron/crontabs
echo '* * * * * /tmp/kinsing' >/var/spool/cron/crontabs/root
rm -rf /tmp/.X11-unix/xmrig /var/tmp/config.json /etc/cron.d/other
/tmp/kinsing
timeout 5 tail -f /dev/null
exit 0
