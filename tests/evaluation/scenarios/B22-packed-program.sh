# id: B22
# title: A dropped program unpacks its code into memory and runs it there
# expect: alert
# severity: high
# kinds: process
# attck: T1027.002
# image: nginx
# launch: app
# companion: /tmp/pk

/tmp/pk
