# id: G03
# title: A flood of executions, files and connections, and the attack within it
# expect: alert
# severity: high
# kinds: file, process
# attck: T1003.008
# image: tools
# launch: app
# timeout: 60
# within: 25

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
timeout 18 sh -c 'i=0; while [ $i -lt 5000 ]; do /bin/true; i=$((i + 1)); done' &
timeout 18 python3 -c '
import os, socket
os.makedirs("/var/lib/app/flood", exist_ok=True)
for number in range(300000):
    path = f"/var/lib/app/flood/{number * 2654435761 % 4294967296:08x}"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)
    if number % 100 == 0:
        with socket.socket() as stream:
            stream.connect_ex(("127.0.0.1", 1))' &
sleep 8
cp /bin/cat /tmp/x
/tmp/x /etc/shadow >/dev/null
wait
exit 0
