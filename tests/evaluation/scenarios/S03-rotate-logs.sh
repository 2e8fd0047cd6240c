# id: S03
# title: The web server's logs are rotated and opened anew
# expect: silent
# image: nginx
# launch: exec

mkdir -p /var/log/nginx
[ -e /var/log/nginx/access.log ] && mv /var/log/nginx/access.log /var/log/nginx/access.log.1
[ -e /var/log/nginx/error.log ] && mv /var/log/nginx/error.log /var/log/nginx/error.log.1
kill -USR1 "$(cat /run/nginx.pid)"
sleep 1
cp /var/log/nginx/access.log.1 /var/log/nginx/access.log.2
: >/var/log/nginx/access.log.1
