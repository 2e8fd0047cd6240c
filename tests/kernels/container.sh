#!/bin/sh
# The container's first process: takes its root, then does every stimulus once. A line for each: its number and exit code.
cd /run/container/merged
mount --make-rprivate /
pivot_root . old
exec chroot . /bin/sh -c '
  mount -t proc proc /proc
  umount -l /old
  mount -t tmpfs volume /volume
  chmod 1777 /tmp
  number=0
  while read -r line; do
    number=$((number + 1))
    [ "$line" != - ] || { echo "$number $code"; continue; }
    timeout 10 sh -c "$line" < /dev/null >&2
    code=$?
    echo "$number $code"
  done < /etc/stimuli
'
