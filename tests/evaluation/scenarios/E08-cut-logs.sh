# id: E08
# title: Logs are cut and removed
# expect: alert
# severity: high
# kinds: file
# attck: T1070.002
# image: nginx
# launch: app

mkdir -p /var/log/nginx
[ -s /var/log/nginx/access.log ] || echo '203.0.113.9 - - "GET /shell.php"' >/var/log/nginx/access.log
: >/var/log/wtmp
truncate -s 0 /var/log/nginx/access.log
rm -f /var/log/nginx/error.log /var/log/lastlog /var/log/btmp
exit 0
