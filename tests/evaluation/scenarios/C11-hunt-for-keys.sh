# id: C11
# title: The file tree is searched for keys
# expect: alert
# severity: medium
# kinds: process, file
# attck: T1552.001
# image: tools
# launch: app

mkdir -p /srv/app/.ssh /srv/app/.aws
echo stand-in >/srv/app/.ssh/id_rsa
echo '[default]' >/srv/app/.aws/credentials
found=$(find / -xdev \( -name 'id_rsa*' -o -name credentials -o -name '*.pem' -o -name .netrc \) 2>/dev/null)
grep -rl -e 'BEGIN .*PRIVATE KEY' -e aws_secret_access_key /srv /home /root 2>/dev/null
for file in $found; do
    cat "$file" >/dev/null 2>&1
done
exit 0
