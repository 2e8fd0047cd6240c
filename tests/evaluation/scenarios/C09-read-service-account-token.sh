# id: C09
# title: The pod's service account token is read by a new program
# expect: alert
# severity: high
# kinds: file
# attck: T1528
# image: python
# launch: app

token=/var/run/secrets/kubernetes.io/serviceaccount/token
if [ ! -e "$token" ]; then
    mkdir -p "${token%/*}"
    echo eyJhbGciOiJub25lIn0.stand-in. >"$token"
fi
cat "$token" >/dev/null
