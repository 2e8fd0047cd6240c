# id: C20
# title: The secret that opens a message broker is read by a shell's cat
# expect: alert
# severity: medium
# kinds: file, process
# attck: T1552.001
# image: rabbitmq
# launch: app

cat /var/lib/rabbitmq/.erlang.cookie >/dev/null
ls -la /var/lib/rabbitmq >/dev/null
