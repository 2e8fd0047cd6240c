# id: S15
# title: A schedule's script cleans up and packs, from the first start on
# expect: silent
# image: cron
# launch: image
# phase: learning
# timeout: 40

mkdir -p /var/lib/app/old
for day in 1 2 3 4 5; do
    echo "figures $day" >/var/lib/app/old/$day.csv
done
tar -C /var/lib/app -czf /var/lib/app/old.tar.gz old
rm -r /var/lib/app/old
