# id: E18
# title: Two hundred files are encrypted and renamed
# expect: alert
# severity: critical
# kinds: file, process
# attck: T1486
# image: tools
# launch: app
# timeout: 60
# within: 30

mkdir -p /srv/data
i=0
while [ $i -lt 200 ]; do
    echo "invoice $i" >/srv/data/$i.txt
    i=$((i + 1))
done
for file in /srv/data/*.txt; do
    openssl enc -aes-256-ctr -pass pass:stand-in -in "$file" -out "$file.locked" 2>/dev/null
    rm "$file"
done
echo 'pay to stand-in' >/srv/data/README_RESTORE.txt
