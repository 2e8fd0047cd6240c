#!/bin/sh
# An application of small programs: it writes down how the machine does, and keeps the last lines.
mkdir -p /var/lib/app
while true; do
  date '+%F %T' >/var/lib/app/last
  cut -d ' ' -f 1 /proc/loadavg >>/var/lib/app/load
  tail -n 100 /var/lib/app/load >/var/lib/app/load.new
  mv /var/lib/app/load.new /var/lib/app/load
  sort -n /var/lib/app/load | awk '{ sum += $1 } END { if (NR) print sum / NR }' >/var/lib/app/mean
  free -m >/var/lib/app/memory
  sleep 0.4
done
