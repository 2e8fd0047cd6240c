# id: C17b
# title: A web shell looks around with what the image has
# expect: alert
# severity: medium
# kinds: process
# attck: T1082
# image: php
# launch: app

curl -s -o /dev/null 'http://127.0.0.1/status.php?o=;id;uname+-a;whoami;ls+-la+/+/etc+/srv/www;cat+/etc/passwd+/etc/os-release+/proc/version;df+-h;env;nproc;cat+/proc/net/tcp+/proc/net/route'
exit 0
