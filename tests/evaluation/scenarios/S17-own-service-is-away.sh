# id: S17
# title: An application tries its own service again and again, which does not answer
# expect: silent
# image: tools
# launch: app
# timeout: 40

i=0
while [ $i -lt 40 ]; do
    bash -c 'exec 3<>/dev/tcp/127.0.0.1/8081' 2>/dev/null
    sleep 0.2
    i=$((i + 1))
done
exit 0
