#!/bin/sh
# usage: rootfs-collector.sh PUBLISHED ROOT
# Makes the collector's root file system in ROOT (new or empty) from what build-collector.sh published.
# Needs: libssl3 ca-certificates
set -eu
. "$(dirname "$0")/rootfs.sh"
published=${1:?usage: rootfs-collector.sh PUBLISHED ROOT}
root=${2:?usage: rootfs-collector.sh PUBLISHED ROOT}

make_skeleton "$root"
cp -r "$published/collector" "$root/usr/lib/runtime"
for program in collector runtimectl; do
  ln -s "../lib/runtime/$program" "$root/usr/bin/$program"
done
find "$published/collector" -type f \( -name '*.so' -o -name collector -o -name runtimectl \) |
  while read -r file; do
    # A tracing library that .NET opens only when it is installed.
    case $file in */libcoreclrtraceptprovider.so) continue ;; esac
    copy_dependencies "$root" "$file"
  done
rm -f "$root/usr/lib/runtime/libcoreclrtraceptprovider.so"
copy_loaded "$root" libssl.so.3 libcrypto.so.3
# Webhooks go to the public web.
copy_library /etc/ssl/certs/ca-certificates.crt "$root"
chown -R 10001:10001 "$root/data"
