#!/bin/sh
# An application that writes a log, which it rotates, and beside it the program that ships it.
mkdir -p /var/log/app /var/spool/rsyslog
/usr/sbin/rsyslogd -n -f /etc/rsyslog-app.conf -i /run/rsyslogd.pid &
lines=0
while true; do
  echo "$(date '+%F %T') order $lines" >>/var/log/app/orders.log
  lines=$((lines + 1))
  if [ $((lines % 40)) -eq 0 ]; then
    mv /var/log/app/orders.log /var/log/app/orders.1
    gzip -f /var/log/app/orders.1
  fi
  sleep 0.3
done
