# id: A06b
# title: A script ends its rivals with one kill for each
# expect: alert
# severity: high
# kinds: privilege, process
# attck: T1489
# image: tools
# launch: app

pids=
i=0
while [ $i -lt 20 ]; do
    sleep 3132 &
    pids="$pids $!"
    i=$((i + 1))
done
sleep 1
for pid in $pids; do
    /bin/kill -9 "$pid"
done
wait
exit 0
