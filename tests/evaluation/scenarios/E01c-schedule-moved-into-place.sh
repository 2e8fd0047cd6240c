# id: E01c
# title: A schedule is written elsewhere and moved into place
# expect: alert
# severity: high
# kinds: file
# attck: T1053.003
# image: php
# launch: app

mkdir -p /etc/cron.d
echo '* * * * * root /bin/true' >/var/tmp/entry
mv /var/tmp/entry /etc/cron.d/sysstat
