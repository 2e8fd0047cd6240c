# id: S11
# title: A folder is packed and another unpacked, as kubectl cp does it
# expect: silent
# image: tools
# launch: exec

mkdir -p /var/lib/app/settings /var/lib/app/copy
echo level=info >/var/lib/app/settings/app.conf
tar cf - -C /var/lib/app/settings . | cat >/tmp/app.tar
tar xmf /tmp/app.tar -C /var/lib/app/copy
rm /tmp/app.tar
