# id: E10
# title: A file's time is set into the past
# expect: alert
# severity: medium
# kinds: file
# attck: T1070.006
# image: redis
# launch: app

echo stand-in >/var/lib/redis/x.so
touch -d '2019-03-01 12:00' /var/lib/redis/x.so
