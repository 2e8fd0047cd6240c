# id: B03
# title: A fresh file is made executable and not run
# expect: alert
# severity: medium
# kinds: file
# attck: T1222.002
# image: redis
# launch: app

echo 'stand-in' >/var/lib/redis/dump.bin
chmod 0755 /var/lib/redis/dump.bin
