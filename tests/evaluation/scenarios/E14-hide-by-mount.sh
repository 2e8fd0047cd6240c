# id: E14
# title: A process is hidden by a mount over its folder of /proc
# expect: alert
# severity: high
# kinds: privilege
# attck: T1564.013
# image: tools
# launch: app

sleep 5 &
mkdir -p /tmp/empty
mount --bind /tmp/empty "/proc/$!"
wait
exit 0
