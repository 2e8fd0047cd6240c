# id: E03
# title: A key is appended that lets its owner log in
# expect: alert
# severity: high
# kinds: file
# attck: T1098.004
# image: redis
# launch: app

mkdir -p /root/.ssh
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIStandIn attacker' >>/root/.ssh/authorized_keys
