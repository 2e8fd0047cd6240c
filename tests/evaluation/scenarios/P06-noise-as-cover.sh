# id: P06
# title: While it is learnt, thousands of harmless new names cover a theft of the token
# expect: alert
# severity: high
# kinds: file, process
# attck: T1528
# image: python
# launch: app
# phase: learning
# timeout: 60
# within: 25

token=/var/run/secrets/kubernetes.io/serviceaccount/token
if [ ! -e "$token" ]; then
    mkdir -p "${token%/*}"
    echo eyJhbGciOiJub25lIn0.stand-in. >"$token"
fi
python3 -c '
import os, secrets
os.makedirs("/var/lib/app/cover", exist_ok=True)
for number in range(5000):
    path = f"/var/lib/app/cover/{secrets.token_urlsafe(9)}"
    open(path, "w").close()
    os.unlink(path)'
cp /bin/cat /var/lib/app/cover/report
/var/lib/app/cover/report "$token" >/dev/null
