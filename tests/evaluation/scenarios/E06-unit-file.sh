# id: E06
# title: A service's definition is left
# expect: alert
# severity: high
# kinds: file
# attck: T1543.002
# image: nginx
# launch: app

mkdir -p /etc/systemd/system
printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/update.service
