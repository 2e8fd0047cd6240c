# id: B04
# title: A web server starts a shell that runs a command
# expect: alert
# severity: high
# kinds: process
# attck: T1190
# image: nginx
# launch: app

sh -c 'ls -la / >/dev/null; id >/dev/null'
