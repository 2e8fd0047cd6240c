# id: S03b
# title: The web server's settings are tested and read anew
# expect: silent
# image: nginx
# launch: exec

nginx -t 2>/dev/null
nginx -s reload
sleep 2
