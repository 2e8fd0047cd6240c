# id: T05p
# title: A package's program is replaced by another and run
# expect: alert
# severity: critical
# kinds: integrity, process, file
# attck: T1554
# image: tools
# launch: app
# companion: /usr/bin/top

top
