# id: B20
# title: Known programs are made to run others
# expect: alert
# severity: medium
# kinds: process
# attck: T1218
# image: tools
# launch: app

cd /tmp || exit 1
echo x >x
tar cf /dev/null x --checkpoint=1 --checkpoint-action=exec='sh -c id' >/dev/null
find . -maxdepth 0 -exec id \; >/dev/null 2>&1
echo x | sed 'e id' >/dev/null 2>&1
exit 0
