# id: S28
# title: A log shipper is told to open its files anew
# expect: silent
# image: shipper
# launch: exec
# timeout: 30

mv /var/log/app/orders.log /var/log/app/orders.2
kill -HUP "$(cat /run/rsyslogd.pid)"
sleep 3
exit 0
