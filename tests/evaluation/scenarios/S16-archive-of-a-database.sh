# id: S16
# title: A database's archive command copies its log by a shell, from the first start on
# expect: silent
# image: postgres
# launch: image
# phase: learning
# timeout: 40

mkdir -p /var/lib/postgresql/archive
for segment in 000000010000000000000001 000000010000000000000002 000000010000000000000003; do
    head -c 65536 /dev/zero >/var/lib/postgresql/$segment
    sh -c "test ! -f /var/lib/postgresql/archive/$segment && cp /var/lib/postgresql/$segment /var/lib/postgresql/archive/$segment"
    sleep 2
done
