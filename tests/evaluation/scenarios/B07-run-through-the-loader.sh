# id: B07
# title: The dynamic loader runs a file that is not executable
# expect: alert
# severity: critical
# kinds: process, library, file
# attck: T1574
# image: nginx
# launch: app

cp /bin/ls /tmp/payload
chmod 644 /tmp/payload
for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    [ -e "$loader" ] && "$loader" /tmp/payload / >/dev/null
done
exit 0
