# id: K10
# title: alpine2: an image that scans with hand-made packets for Docker's port
# expect: alert
# severity: high
# kinds: network, privilege
# attck: T1046
# image: tools
# launch: image
# phase: learning
# companion: /usr/local/bin/auto
# timeout: 30
# within: 15

/usr/local/bin/auto
exit 0
