#!/bin/sh
# usage: rootfs-agent.sh PUBLISHED ROOT
# Makes the agent's root file system in ROOT (new or empty) from what build-agent.sh published.
# Needs: libbpf1 libssl3
set -eu
. "$(dirname "$0")/rootfs.sh"
published=${1:?usage: rootfs-agent.sh PUBLISHED ROOT}
root=${2:?usage: rootfs-agent.sh PUBLISHED ROOT}

make_skeleton "$root"
install -m 0755 "$published/agent/agent" "$root/usr/bin/agent"
copy_dependencies "$root" "$published/agent/agent"
# Opened by name: the eBPF loader (it brings libelf and zlib), and TLS.
copy_loaded "$root" libbpf.so.1 libssl.so.3 libcrypto.so.3
# Where the manifest mounts: the node's sockets and name, and the sign of life.
mkdir -p "$root/host/run" "$root/var/lib/runtime-agent"
: >"$root/etc/machine-id"
