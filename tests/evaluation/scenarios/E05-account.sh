# id: E05
# title: An account with root's number is added
# expect: alert
# severity: high
# kinds: file, process
# attck: T1136.001
# image: tools
# launch: app

useradd -o -u 0 -g 0 -M -s /bin/bash support 2>/dev/null || echo 'support:x:0:0::/root:/bin/bash' >>/etc/passwd
