# id: S02
# title: A liveness probe runs a command every second
# expect: silent
# image: nginx
# launch: exec
# timeout: 30

i=0
while [ $i -lt 15 ]; do
    sh -c 'test -e /run/nginx.pid && cat /run/nginx.pid >/dev/null'
    sleep 1
    i=$((i + 1))
done
