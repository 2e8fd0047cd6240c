# id: C18
# title: /etc is packed into an archive in /tmp
# expect: alert
# severity: medium
# kinds: process, file
# attck: T1560.001
# image: tools
# launch: app

tar czf /tmp/.data.tgz /etc 2>/dev/null
base64 /tmp/.data.tgz | split -b 512 - /tmp/.part.
exit 0
