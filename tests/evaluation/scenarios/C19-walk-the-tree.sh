# id: C19
# title: A web shell lists the whole file tree
# expect: alert
# severity: medium
# kinds: process
# attck: T1083
# image: php
# launch: app

curl -s -o /dev/null 'http://127.0.0.1/status.php?o=;ls+-laR+/'
exit 0
