# id: C19
# title: A web shell lists the whole file tree
# expect: alert
# severity: medium
# kinds: process
# attck: T1083
# image: php
# launch: app

ls -laR / >/dev/null 2>&1
exit 0
