# id: S13
# title: An application renews its certificate
# expect: silent
# image: tools
# launch: app
# timeout: 30

mkdir -p /var/lib/app/tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=shop -keyout /var/lib/app/tls/tls.key.new -out /var/lib/app/tls/tls.crt.new 2>/dev/null
chmod 600 /var/lib/app/tls/tls.key.new
mv /var/lib/app/tls/tls.key.new /var/lib/app/tls/tls.key
mv /var/lib/app/tls/tls.crt.new /var/lib/app/tls/tls.crt
openssl x509 -noout -enddate -in /var/lib/app/tls/tls.crt >/dev/null
