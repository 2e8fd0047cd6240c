# id: C15
# title: The cloud's metadata service is asked
# expect: alert
# severity: critical
# kinds: network
# attck: T1552.005
# image: tools
# launch: app
# skip: needs 169.254.169.254 on the container's own loopback, which an unprivileged container cannot add; elsewhere the request would leave the machine

ip addr add 169.254.169.254/32 dev lo || exit 3
python3 -m http.server --bind 169.254.169.254 80 >/dev/null 2>&1 &
sleep 1
curl -s -m 3 http://169.254.169.254/latest/meta-data/iam/security-credentials/ >/dev/null
kill $!
