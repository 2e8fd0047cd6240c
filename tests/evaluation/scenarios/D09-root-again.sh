# id: D09
# title: A process that gave root up takes it back
# expect: alert
# severity: medium
# kinds: privilege
# attck: T1548.001
# image: tools
# launch: app

# x86-64: 117 is setresuid, 105 is setuid.
perl -e '
syscall(117, 1, 1, 0);
syscall(105, 0) == 0 or die "setuid: $!\n";
system("id");' >/dev/null
