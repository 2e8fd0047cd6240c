# id: K04
# title: Hildegard through the kubelet: chat for orders, preload that hides, kernel thread's name, token and kubelets
# expect: alert
# severity: critical
# kinds: process, file, network
# attck: T1609
# image: tools
# launch: exec
# peers: sink:4444, stratum:3333
# companion: /usr/bin/bioset
# timeout: 50
# within: 15

token=/var/run/secrets/kubernetes.io/serviceaccount/token
if [ ! -e "$token" ]; then
    mkdir -p "${token%/*}"
    echo eyJhbGciOiJub25lIn0.stand-in. >"$token"
fi
cat "$token" >/dev/null
echo 'int runtime_stand_in(void) { return 0; }' >/tmp/h.c
gcc -shared -fPIC -nostdlib -o /usr/local/lib/ziggystartux.so /tmp/h.c
echo /usr/local/lib/ziggystartux.so >/etc/ld.so.preload
echo >/root/.bash_history
/usr/bin/bioset
