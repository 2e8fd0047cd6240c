# id: C13
# title: Another process's memory is read and written through /proc
# expect: alert
# severity: critical
# kinds: file, privilege
# attck: T1055.009
# image: tools
# launch: app

perl -e '
my $secret = "stand-in password";
my $pid = fork;
if (!$pid) { sleep 10; exit }
open(my $maps, "<", "/proc/$pid/maps") or die "maps: $!\n";
my ($start) = map { /^([0-9a-f]+)-[0-9a-f]+ rw-p .*\[heap\]/ ? hex $1 : () } <$maps>;
open(my $memory, "+<:raw", "/proc/$pid/mem") or die "mem: $!\n";
sysseek($memory, $start, 0);
sysread($memory, my $bytes, 4096);
sysseek($memory, $start, 0);
syswrite($memory, $bytes);
kill "KILL", $pid;
waitpid $pid, 0;'
