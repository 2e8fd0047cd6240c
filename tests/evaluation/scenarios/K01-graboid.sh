# id: K01
# title: Graboid: an image whose first program scans for Docker's port and mines in bursts
# expect: alert
# severity: critical
# kinds: network, process, resource
# attck: T1496.001
# image: tools
# launch: image
# phase: learning
# peers: http:8000, stratum:3333
# companion: /var/sbin/bash
# timeout: 60
# within: 15

/var/sbin/bash
