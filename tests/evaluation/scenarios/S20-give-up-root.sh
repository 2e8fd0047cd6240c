# id: S20
# title: A service starts as root and gives its rights up for good
# expect: silent
# image: tools
# launch: app

setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs id >/dev/null
perl -e '($(, $)) = (65534, "65534 65534"); ($<, $>) = (65534, 65534); sleep 1;'
