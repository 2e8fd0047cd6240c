# id: G01
# title: Newlines, escapes and right-to-left marks in a program's name and arguments
# expect: alert
# severity: high
# kinds: process, file
# attck: T1036.002
# image: redis
# launch: app

name=$(printf '/tmp/a\n{"level":"info","msg":"all is well"}\033[2J\342\200\256exe')
mkdir -p "$(dirname "$name")"
cp /bin/ls "$name"
"$name" "$(printf '\033]0;x\007<b>&amp;</b>|`*')" / >/dev/null 2>&1
exit 0
