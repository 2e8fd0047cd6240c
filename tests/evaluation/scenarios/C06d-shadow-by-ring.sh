# id: C06d
# title: The hashes are opened by a ring (io_uring), past the calls that are watched
# expect: alert
# severity: medium
# kinds: file, privilege
# attck: T1003.008
# image: redis
# launch: app
# companion: /var/lib/redis/r

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
# Where the machine or the runtime refuses rings the attempt is what must be told.
/var/lib/redis/r
exit 0
