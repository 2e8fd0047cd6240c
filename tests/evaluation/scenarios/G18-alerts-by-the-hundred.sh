# id: G18
# title: Four hundred dropped programs run, each under another name
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: redis
# launch: app
# timeout: 60

i=0
while [ $i -lt 400 ]; do
    cp /bin/true /tmp/p$i
    /tmp/p$i
    rm /tmp/p$i
    i=$((i + 1))
done
