# id: B04
# title: A web server starts a shell that runs a command
# expect: alert
# severity: high
# kinds: process
# attck: T1190
# image: php
# launch: app

# By a page that hands what it is given to a shell: the server itself starts it.
curl -s -o /dev/null 'http://127.0.0.1/status.php?o=;ls+-la+/;id'
exit 0
