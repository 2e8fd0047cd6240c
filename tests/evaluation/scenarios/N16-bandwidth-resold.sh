# id: N16
# title: Others' traffic is passed on through the container
# expect: alert
# severity: medium
# kinds: network, process
# attck: T1496.002
# image: tools
# launch: app
# peers: sink:4444

timeout 8 socat TCP-LISTEN:1080,reuseaddr,fork TCP:sink:4444 &
sleep 1
for client in 1 2 3 4 5; do
    head -c 200000 /dev/zero | timeout 4 socat -u - TCP:127.0.0.1:1080
done
wait
exit 0
