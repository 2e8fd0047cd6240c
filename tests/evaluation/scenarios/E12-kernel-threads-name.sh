# id: E12
# title: A process calls itself kworker
# expect: alert
# severity: medium
# kinds: process, privilege
# attck: T1036.004
# image: tools
# launch: app

# x86-64: 157 is prctl, 15 is PR_SET_NAME.
perl -e '
my $name = "kworker/0:1";
syscall(157, 15, $name, 0, 0, 0);
sleep 3;'
