# id: D17
# title: A descriptor is taken from another process
# expect: alert
# severity: high
# kinds: privilege
# attck: T1055
# image: tools
# launch: app

# On every machine: 434 is pidfd_open, 438 is pidfd_getfd.
perl -e '
my $pid = fork;
if (!$pid) { open(my $secret, "<", "/etc/passwd"); sleep 10; exit }
sleep 1;
my $handle = syscall(434, $pid, 0);
my $taken = syscall(438, $handle, 3, 0);
print STDERR "pidfd_getfd: $taken $!\n";
kill "KILL", $pid;
waitpid $pid, 0;'
