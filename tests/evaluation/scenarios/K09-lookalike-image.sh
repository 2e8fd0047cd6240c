# id: K09
# title: A look-alike image (openjdk): dao.py starts the miner that came with it
# expect: alert
# severity: critical
# kinds: network, process
# attck: T1204.003
# image: python
# launch: image
# phase: learning
# peers: stratum:3333
# companion: /opt/openjdk/java
# timeout: 50
# within: 15

python3 -c 'import subprocess; subprocess.run(["/opt/openjdk/java"], timeout=40)'
exit 0
