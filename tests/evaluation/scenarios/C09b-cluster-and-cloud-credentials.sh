# id: C09b
# title: Keys of the cluster, of a cloud and of a registry are read
# expect: alert
# severity: high
# kinds: file
# attck: T1552.001
# image: node
# launch: app

for file in /root/.kube/config /root/.aws/credentials /root/.docker/config.json /root/.netrc; do
    mkdir -p "${file%/*}"
    [ -e "$file" ] || echo 'stand-in' >"$file"
    cat "$file" >/dev/null
done
