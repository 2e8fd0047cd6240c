# id: B08
# title: Interpreters run commands from their arguments
# expect: alert
# severity: medium
# kinds: process
# attck: T1059
# image: tools
# launch: app

python3 -c 'import os; os.system("id; uname -a")' >/dev/null
perl -e 'system("cat /etc/passwd | head -3; hostname")' >/dev/null
awk 'BEGIN { system("id") }' >/dev/null 2>&1
exit 0
