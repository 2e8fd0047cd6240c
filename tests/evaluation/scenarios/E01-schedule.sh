# id: E01
# title: A command is scheduled by /etc/cron.d and by crontab
# expect: alert
# severity: high
# kinds: file, process
# attck: T1053.003
# image: cron
# launch: app

echo '* * * * * root /bin/true' >/etc/cron.d/0update
echo '*/10 * * * * /bin/true' | crontab -
exit 0
