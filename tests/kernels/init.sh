#!/bin/sh
# The guest's first process. Runs the agent's self-test and the stimuli, and sends what came of it, a tar file, through the second
# serial port. Its own words and the kernel's go to the first.
out=/out
id=1111111111111111111111111111111111111111111111111111111111111111

if [ "$1" != moved ]; then
  # pivot_root, which makes a container's root, does not work from the first root file system.
  mount -t tmpfs -o mode=755 root /mnt
  cp -a /agent /bin /container /etc /init /lib /lib64 /modules /proc /s /sys /dev /tmp /mnt
  exec switch_root /mnt /init moved
fi

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p $out /run /run/container
exec > /dev/console 2>&1
for word in $(cat /proc/cmdline); do
  case $word in runtime.*=*) eval "${word#runtime.}" ;; esac
done
ifconfig lo up
# What is slow, and where a guest stopped that never came to its end.
say() { echo "$(cut -d' ' -f1 /proc/uptime) $*"; }
for module in $(cat /modules/order); do insmod "/modules/$module"; done

# $cgroups: v2 or v1, as the host's own init would have mounted it.
mkdir -p /sys/fs/cgroup
if [ "$cgroups" = v1 ]; then
  mount -t tmpfs cgroup /sys/fs/cgroup
  for controller in memory pids cpu,cpuacct; do
    mkdir "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done
else
  mount -t cgroup2 cgroup /sys/fs/cgroup
  echo "+cpu +memory +pids" > /sys/fs/cgroup/cgroup.subtree_control
fi

# systemd mounts it on every node, and without SYS_ADMIN the agent cannot.
[ -z "$rights" ] || mount -t tracefs tracefs /sys/kernel/tracing
# $rights: capabilities, "+bpf,+perfmon"; without it the agent has all of them.
agent() { exec ${rights:+/agent/setpriv --bounding-set "-all,$rights" --inh-caps -all} /agent/agent "$@"; }

uname -r > $out/kernel
say check
(agent check --set Capture:Rung="$rung" > $out/check 2>&1)
echo $? > $out/check.code

say trace
agent trace --set Capture:Rung="$rung" > $out/trace 2> $out/trace.log &
agent=$!
until grep -q 'tracing:' $out/trace.log || ! kill -0 $agent; do usleep 50000; done

say stimuli
# A container as a runtime makes it: a cgroup, and an overlay as root.
folders=
for folder in $(if [ "$cgroups" = v1 ]; then echo /sys/fs/cgroup/*/; else echo /sys/fs/cgroup/; fi); do
  mkdir -p "$folder/docker/$id" && folders="$folders $folder/docker/$id"
done
cd /run/container
mkdir lower upper merged
mount -t tmpfs layers upper
mkdir upper/data upper/work
cp -a /bin /s /etc lower
mkdir lower/proc lower/tmp lower/dev lower/old lower/volume
mknod lower/dev/null c 1 3
if ! mount -t overlay -o lowerdir=lower,upperdir=upper/data,workdir=upper/work overlay merged; then
  echo "no overlay: $?" > $out/no-overlay
  mount --bind lower merged
fi
(
  for folder in $folders; do sh -c 'echo $PPID' > "$folder/cgroup.procs"; done
  exec unshare -m /container > $out/stimuli 2> $out/stimuli.log
)
say told
# What is still on the road: the reader looks every 20 ms, the scans of rungs 2 and 3 every second.
sleep 2
cp /proc/$agent/status $out/trace.status
kill -TERM $agent
wait $agent

# The agent as it runs on a node: with its privileges dropped, measuring its own sight. There is no collector here.
say run
agent run --cluster c --node n --collector unix:/run/none --set State=/run/agent --set Capture:Rung="$rung" --set Sight:Interval=1s --set Sight:Timeout=1s 2> $out/run.log &
agent=$!
for _ in $(seq 1200); do
  grep -q 'coverage of network' $out/run.log && break
  kill -0 $agent || break
  usleep 100000
done
# Several probes: who sees nothing has said so by then.
sleep 4
cp /proc/$agent/status $out/run.status
kill -TERM $agent
wait $agent
dmesg > $out/dmesg

stty -F /dev/ttyS1 raw
tar -C $out -cf - . | gzip -1 > /dev/ttyS1
say end
poweroff -f
