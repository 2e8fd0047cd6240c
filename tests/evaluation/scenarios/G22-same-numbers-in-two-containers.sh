# id: G22
# title: Of two replicas with the same process numbers one is attacked
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: redis
# launch: app
# replicas: 2

cp /bin/ls /tmp/x
i=0
while [ $i -lt 20 ]; do
    /tmp/x / >/dev/null
    i=$((i + 1))
done
