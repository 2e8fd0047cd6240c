# id: A10
# title: The processor is tuned for mining: huge pages and model-specific registers
# expect: alert
# severity: medium
# kinds: file, process, privilege
# attck: T1496.001
# image: tools
# launch: app

# A container may not: the attempts are what must be told. Were it allowed, the same number is written back.
pages=$(cat /proc/sys/vm/nr_hugepages)
echo "$pages" >/proc/sys/vm/nr_hugepages
for node in /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages; do
    cat "$node" >/tmp/was && cat /tmp/was >"$node"
done
modprobe msr allow_writes=on
perl -e 'open(my $msr, "+<", "/dev/cpu/0/msr") or print "msr: $!\n"'
exit 0
