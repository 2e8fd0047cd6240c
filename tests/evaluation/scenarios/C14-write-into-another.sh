# id: C14
# title: Another process's memory is written by process_vm_writev
# expect: alert
# severity: high
# kinds: privilege
# attck: T1055
# image: tools
# launch: app

# x86-64: 311 is process_vm_writev. After fork both hold the same addresses.
perl -e '
my ($theirs, $ours) = ("A" x 64, "B" x 64);
my $pid = fork;
if (!$pid) { sleep 10; exit }
my ($local, $remote) = (pack("PQ", $ours, 64), pack("PQ", $theirs, 64));
my $written = syscall(311, $pid, $local, 1, $remote, 1, 0);
print STDERR "process_vm_writev: $written $!\n";
kill "KILL", $pid;
waitpid $pid, 0;'
