# id: C10
# title: Another process's environment is read
# expect: alert
# severity: medium
# kinds: file, process
# attck: T1552.007
# image: redis
# launch: app

for process in /proc/[0-9]*; do
    [ "${process#/proc/}" = $$ ] || cat "$process/environ" >/dev/null 2>&1
done
exit 0
