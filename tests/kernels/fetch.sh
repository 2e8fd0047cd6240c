#!/bin/bash
# usage: fetch.sh NAME CACHE
# Brings the kernel NAME of kernels.txt into CACHE/NAME: vmlinuz, release, package, modules/*.ko and modules/order. Nothing is
# installed and apt's own state is not touched. Ends with 1 and one line that says why when it cannot be had.
# Debian's kernels come from the mirrors that this machine's apt has; RUNTIME_UBUNTU_ARCHIVE=URL says where Ubuntu's are.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$1
cache=$2
to=$cache/$name
[ ! -e "$to/release" ] || exit 0

# What the guest needs beyond what the kernels have built in, in the order of loading.
wanted="overlay inet_diag tcp_diag udp_diag unix_diag"

fail() { echo "$*"; exit 1; }

read -r _ archive suites pattern <<<"$(grep -E "^$name " "$here/kernels.txt")" || fail "kernels.txt has no $name"
ubuntu=${RUNTIME_UBUNTU_ARCHIVE:-}
[ "$archive" = debian ] || [ -n "$ubuntu" ] || fail "RUNTIME_UBUNTU_ARCHIVE is not set"
mirrors=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian')
main=$(awk '$2 !~ /-/ { print $1; exit }' <<<"$mirrors")
security=$(awk '$2 ~ /-security$/ { print $1; exit }' <<<"$mirrors")
[ -n "$main" ] && [ -n "$security" ] || fail "this machine's apt has no Debian mirror"
work=$(mktemp -d -t runtime-kernel.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,debs,root}
touch "$work/status"
cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
CONF
export APT_CONFIG=$work/apt.conf

update() { timeout 120 apt-get update -qq >"$work/log" 2>&1 || fail "the archive is not reached: $(grep -m1 '^E:' "$work/log")"; }

debian_key=/usr/share/keyrings/debian-archive-keyring.gpg
ubuntu_key=$cache/ubuntu-archive-keyring.gpg
if [ "$archive" = ubuntu ] && [ ! -e "$ubuntu_key" ]; then
  # Debian carries Ubuntu's key.
  echo "deb [signed-by=$debian_key] $main stable main" >"$work/sources.list"
  update
  (cd "$work/debs" && apt-get download -qq ubuntu-keyring) >"$work/log" 2>&1 || fail "no package ubuntu-keyring"
  dpkg-deb -x "$work"/debs/*.deb "$work/root"
  cp "$work/root/usr/share/keyrings/ubuntu-archive-keyring.gpg" "$ubuntu_key"
  rm -rf "$work"/debs/* "$work"/root/*
fi

for suite in ${suites//,/ }; do
  case $archive:$suite in
    debian:*-security) echo "deb [signed-by=$debian_key] $security $suite main" ;;
    debian:*) echo "deb [signed-by=$debian_key] $main $suite main" ;;
    ubuntu:*) echo "deb [signed-by=$ubuntu_key] $ubuntu $suite main" ;;
  esac
done >"$work/sources.list"
update
expression="^${pattern//./\\.}\$"
package=$(apt-cache pkgnames linux-image- | grep -E "${expression//\*/[0-9][^ ]*}" | sort -V | tail -n 1)
[ -n "$package" ] || fail "no package $pattern in $suites"
parts=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Depends: //p' | grep -oE 'linux-(modules|binary)-[^ ,]*' || true)
(cd "$work/debs" && apt-get download -qq "$package" $parts) >"$work/log" 2>&1 || fail "$package: $(tail -n 1 "$work/log")"
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done

mkdir -p "$to/modules"
# A cached kernel whose release file is absent is taken as half fetched.
cp "$(find "$work/root" -name 'vmlinuz*' -type f | head -n 1)" "$to/vmlinuz"
: >"$to/modules/order"
for module in $wanted; do
  file=$(find "$work/root" -name "$module.ko*" -type f | head -n 1)
  [ -n "$file" ] || continue # built in
  case $file in
    *.xz) xz -dc "$file" ;;
    *.zst) zstd -dcq "$file" ;;
    *) cat "$file" ;;
  esac >"$to/modules/$module.ko"
  echo "$module.ko" >>"$to/modules/order"
done
echo "$package $(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')" >"$to/package"
basename "$(dirname "$(find "$work/root" -path '*/modules/*/kernel' | head -n 1)")" >"$to/release"
