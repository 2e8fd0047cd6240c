# id: B17
# title: Files are left in /bin, /etc, /lib and /root
# expect: alert
# severity: high
# kinds: file
# attck: T1554
# image: redis
# launch: app

echo stand-in >/usr/bin/.x
echo stand-in >/etc/x.conf
echo stand-in >/usr/lib/x.so
echo stand-in >/root/x
mv /usr/bin/.x /usr/bin/xd
