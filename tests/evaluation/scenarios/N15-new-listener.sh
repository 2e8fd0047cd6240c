# id: N15
# title: A process listens on a port that nothing here listened on
# expect: alert
# severity: medium
# kinds: network
# attck: T1571
# image: tools
# launch: app

timeout 4 socat TCP-LISTEN:9999,reuseaddr,fork PIPE
exit 0
