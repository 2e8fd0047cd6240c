# Steps that both images share; sourced by rootfs-agent.sh and rootfs-collector.sh, in the images' build and in the tests alike.
# A root file system holds the program, the libraries that it loads, and nothing else: no shell, no package manager.
# Runs on Debian 12, whose libraries it copies.

set -eu

# make_skeleton ROOT: folders and the few files that glibc and .NET look for.
make_skeleton() {
  root=$1
  if [ -e "$root" ] && [ -n "$(ls -A "$root")" ]; then
    echo "$root is not empty" >&2
    return 1
  fi
  # The folders that the container runtime mounts into must exist: the root is read-only when it runs.
  mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64" "$root/etc/runtime/tls" "$root/etc/ssl/certs" \
    "$root/tmp" "$root/run" "$root/data" "$root/proc" "$root/sys" "$root/dev"
  chmod 1777 "$root/tmp"
  for name in bin lib lib64; do
    ln -s "usr/$name" "$root/$name"
  done
  printf 'root:x:0:0:root:/:/sbin/nologin\nruntime:x:10001:10001:runtime:/data:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nruntime:x:10001:\n' >"$root/etc/group"
  # glibc asks files, then DNS; without it the order depends on what it was built with.
  printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
}

# copy_library PATH ROOT: one library under its own path, symbolic links followed.
copy_library() {
  [ -e "$2$1" ] && return 0
  mkdir -p "$2$(dirname "$1")"
  cp -L "$1" "$2$1"
}

# copy_dependencies ROOT FILE...: what the dynamic linker loads for the files.
copy_dependencies() {
  root=$1
  shift
  for file in "$@"; do
    # "libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)" and "/lib64/ld-linux-x86-64.so.2 (0x…)"
    dependencies=$(ldd "$file") || { echo "$file: not a dynamic program" >&2; return 1; }
    missing=$(printf '%s\n' "$dependencies" | grep 'not found' || true)
    if [ -n "$missing" ]; then
      echo "$file needs a library that is not here: $missing" >&2
      return 1
    fi
    for library in $(printf '%s\n' "$dependencies" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'); do
      # Others lie beside the program and came with it.
      case $library in /lib/* | /lib64/* | /usr/lib/*) copy_library "$library" "$root" ;; esac
    done
  done
}

# copy_loaded ROOT SONAME...: libraries that the program opens by name at run time, with their own dependencies.
copy_loaded() {
  root=$1
  shift
  for name in "$@"; do
    path=$(/sbin/ldconfig -p | awk -v name="$name" '$1 == name && /x86-64|AArch64/ { print $NF; exit }')
    if [ -z "$path" ]; then
      echo "$name is not installed" >&2
      return 1
    fi
    copy_library "$path" "$root"
    copy_dependencies "$root" "$path"
  done
}
