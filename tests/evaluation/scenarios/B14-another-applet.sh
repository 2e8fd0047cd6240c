# id: B14
# title: A known multi-call binary is called by another name
# expect: alert
# severity: medium
# kinds: process
# attck: T1059.004
# image: tools
# launch: app
# skip: no test image has a multi-call binary (busybox)

busybox nc 127.0.0.1 9
exit 0
