# id: D02
# title: The namespaces of process 1 are entered
# expect: alert
# severity: high
# kinds: privilege
# attck: T1611
# image: tools
# launch: app

# Where the pod shares the node's processes, number 1 is the node's.
nsenter -t 1 -m -u -i -n -p id
exit 0
