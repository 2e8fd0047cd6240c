#!/bin/sh
# usage: make-certificates.sh DIR [DAYS [NODE…]]
# Makes a CA and the certificates of the collector, of the agents and of an operator (for runtimectl over the network) in DIR (new or empty), for a trial without cert-manager.
# For each NODE, a certificate of its own besides: agent-NODE. Each DAYS (default 30) long. Existing files are not replaced.
set -eu
dir=${1:?usage: make-certificates.sh DIR [DAYS [NODE…]]}
days=${2:-30}
shift $(($# < 2 ? $# : 2))
umask 077
mkdir -p "$dir"
cd "$dir"
if [ -e ca.key ]; then
  echo "$dir/ca.key is there already" >&2
  exit 1
fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days "$days" -subj "/CN=runtime-ca" \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null

# issue NAME SUBJECT EXTENSIONS. The organizational unit of a client says what it may do: agent or operator.
issue() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  printf '%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days "$days" -extfile "$1.ext" 2>/dev/null
  rm -f "$1.csr" "$1.ext"
}
issue collector /CN=runtime-collector "extendedKeyUsage=serverAuth
subjectAltName=DNS:runtime-collector.runtime-system.svc,DNS:localhost,IP:127.0.0.1"
issue agent /OU=agent/CN=runtime-agent "extendedKeyUsage=clientAuth"
issue operator /OU=operator/CN=operator "extendedKeyUsage=clientAuth"
for node; do
  issue "agent-$node" "/OU=agent/CN=$node" "extendedKeyUsage=clientAuth"
done
rm -f ca.srl
echo "made in $dir: ca, collector, agent, operator${*:+, and agents of $*} (valid $days days)"
