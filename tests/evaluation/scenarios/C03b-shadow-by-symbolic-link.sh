# id: C03b
# title: The hashes are read through a symbolic link
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: redis
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
ln -s ../etc/shadow /tmp/notes.txt
cat /tmp/notes.txt >/dev/null
