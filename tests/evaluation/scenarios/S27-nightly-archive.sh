# id: S27
# title: An application packs its own data every night, from the first start on
# expect: silent
# image: tools
# launch: image
# phase: learning
# timeout: 30

mkdir -p /var/lib/app/data /srv/backup
echo rows >/var/lib/app/data/rows
tar czf /srv/backup/data.tar.gz -C /var/lib/app data
sha256sum /srv/backup/data.tar.gz >/srv/backup/data.tar.gz.sha256
