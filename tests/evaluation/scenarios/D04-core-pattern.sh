# id: D04
# title: core_pattern is opened for writing
# expect: alert
# severity: high
# kinds: file
# attck: T1611
# image: tools
# launch: app

# The same value is written back, where it is allowed at all.
pattern=$(cat /proc/sys/kernel/core_pattern)
echo "$pattern" >/proc/sys/kernel/core_pattern
exit 0
