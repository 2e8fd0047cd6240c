# id: B05
# title: A database starts ls
# expect: alert
# severity: high
# kinds: process
# attck: T1190
# image: postgres
# launch: app

ls -la /var/lib >/dev/null
