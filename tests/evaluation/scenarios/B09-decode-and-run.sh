# id: B09
# title: Commands are decoded into a shell's pipe
# expect: alert
# severity: high
# kinds: process
# attck: T1140
# image: nginx
# launch: app

echo aWQKdW5hbWUgLWEK | base64 -d | sh >/dev/null
