# id: T09p
# title: The kubelet's key is read
# expect: alert
# severity: critical
# kinds: file
# attck: T1552.001
# image: redis
# launch: app

# Where a pod has the node's folder mounted it is there; here a stand-in lies in its place.
for key in /var/lib/kubelet/pki/kubelet-client-current.pem /etc/kubernetes/kubelet.conf; do
    mkdir -p "${key%/*}"
    [ -e $key ] || echo '-----BEGIN PRIVATE KEY----- stand-in' >$key
    cat $key >/dev/null
done
