# id: T09n
# title: An application's own sockets, with names like a runtime's
# expect: silent
# image: tools
# launch: app
# timeout: 30

mkdir -p /run/app
socat UNIX-LISTEN:/run/app/docker-metrics.sock,fork PIPE &
server=$!
sleep 0.5
echo status | timeout 3 socat - UNIX-CONNECT:/run/app/docker-metrics.sock >/dev/null
[ -S /var/run/docker.sock ] || [ -S /run/containerd/containerd.sock ] || echo 'no runtime here' >/dev/null
kill $server
exit 0
