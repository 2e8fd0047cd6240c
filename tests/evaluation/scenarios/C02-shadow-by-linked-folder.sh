# id: C02
# title: The hashes are read over a linked folder and ..
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: nginx
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
mkdir -p /etc/security /srv/pub
ln -s /etc/security /srv/pub/l
cat /srv/pub/l/../shadow >/dev/null
