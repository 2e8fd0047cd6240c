# id: E01b
# title: A database's process writes a schedule
# expect: alert
# severity: high
# kinds: file
# attck: T1053.003
# image: redis
# launch: app

mkdir -p /var/spool/cron/crontabs
echo '*/1 * * * * /bin/true' >/var/spool/cron/crontabs/root
