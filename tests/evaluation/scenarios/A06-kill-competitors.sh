# id: A06
# title: One process kills twenty others by their arguments
# expect: alert
# severity: high
# kinds: privilege, process
# attck: T1489
# image: tools
# launch: app

# The victims are the image's own sleep, so that nothing but the killing is odd.
i=0
while [ $i -lt 20 ]; do
    sleep 3131 &
    i=$((i + 1))
done
sleep 1
pkill -9 -f 'sleep 3131'
rm -f /var/tmp/kdevtmpfsi /var/tmp/xmrig /tmp/config.json
wait
exit 0
