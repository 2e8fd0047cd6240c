# id: D01
# title: A process becomes root in a user namespace of its own
# expect: alert
# severity: high
# kinds: privilege
# attck: T1611
# image: tools
# launch: app

unshare -Ur id
exit 0
