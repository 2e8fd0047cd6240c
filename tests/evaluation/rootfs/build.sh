#!/bin/bash
# usage: build.sh TAR PACKAGE...
# A small Debian 12 with these packages as one tar file, from the archives that this machine's apt uses. As root. Needs mmdebstrap.
# Documentation is left out; the package lists' checksums (/var/lib/dpkg/info/*.md5sums) stay, as in every image.
set -euo pipefail
tar=$1
shift
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) main' 'Created-By: Packages' | grep -E ' bookworm(-updates|-security)? main$' | sort -u)
[ -n "$sources" ] || { echo "apt knows no archive of Debian 12 (bookworm), main: the test images are made of its packages" >&2; exit 1; }
part=$tar.part
trap 'rm -f "$part"' EXIT
mkdir -p "$(dirname "$tar")"
mmdebstrap --quiet --mode=root --variant=minbase --format=tar --include="$(IFS=,; echo "$*")" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
  bookworm "$part" <<<"$sources"
mv "$part" "$tar"
