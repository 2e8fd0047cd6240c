# id: S24
# title: A release is put in place by links
# expect: silent
# image: tools
# launch: app

mkdir -p /srv/releases/41 /srv/releases/42
echo one >/srv/releases/41/index.html
ln /srv/releases/41/index.html /srv/releases/42/index.html
ln -sfn /srv/releases/42 /srv/current.new
mv -T /srv/current.new /srv/current
cat /srv/current/index.html >/dev/null
