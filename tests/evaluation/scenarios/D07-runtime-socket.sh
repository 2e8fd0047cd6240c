# id: D07
# title: The container runtime's socket is spoken to
# expect: alert
# severity: high
# kinds: network, file
# attck: T1611
# image: tools
# launch: app

# What answers is a stand-in at the runtime's place.
socat UNIX-LISTEN:/var/run/docker.sock,fork PIPE &
server=$!
sleep 1
curl -s -m 3 --unix-socket /var/run/docker.sock http://localhost/containers/json
kill $server
exit 0
