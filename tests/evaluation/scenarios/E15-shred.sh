# id: E15
# title: Files are shredded
# expect: alert
# severity: medium
# kinds: file, process
# attck: T1485
# image: postgres
# launch: app

mkdir -p /var/lib/postgresql/backup
i=0
while [ $i -lt 30 ]; do
    head -c 4096 /dev/urandom >/var/lib/postgresql/backup/base.$i
    i=$((i + 1))
done
shred -u /var/lib/postgresql/backup/base.*
