# id: B25
# title: A web application's flaw runs commands through node and a shell
# expect: alert
# severity: high
# kinds: process
# attck: T1190
# image: node
# launch: app

node -e 'require("child_process").execSync("id; uname -a; cat /etc/passwd")' >/dev/null
