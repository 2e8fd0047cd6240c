# id: E02
# title: Commands are appended to what every shell runs
# expect: alert
# severity: medium
# kinds: file
# attck: T1546.004
# image: nginx
# launch: app

echo 'true # stand-in' >>/root/.bashrc
echo 'trap true EXIT' >>/root/.profile
echo 'true' >>/etc/profile
