# id: E13
# title: A program is started under a kernel thread's name
# expect: alert
# severity: medium
# kinds: process
# attck: T1036.004
# image: tools
# launch: app

bash -c 'exec -a "[kthreadd]" sleep 3'
