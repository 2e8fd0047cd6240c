# id: D10
# title: Another process is attached to by ptrace
# expect: alert
# severity: high
# kinds: privilege
# attck: T1055.008
# image: tools
# launch: app

# x86-64: 101 is ptrace; 16 attaches, 17 detaches.
perl -e '
my $pid = fork;
if (!$pid) { sleep 10; exit }
my $attached = syscall(101, 16, $pid, 0, 0);
print STDERR "attach: $attached $!\n";
if ($attached == 0) { waitpid $pid, 0; syscall(101, 17, $pid, 0, 0) }
kill "KILL", $pid;
waitpid $pid, 0;'
