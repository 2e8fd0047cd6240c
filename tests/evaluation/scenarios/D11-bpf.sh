# id: D11
# title: A BPF program is loaded
# expect: alert
# severity: high
# kinds: privilege
# attck: T1014
# image: tools
# launch: app

# x86-64: 321 is bpf; 5 loads: a socket filter that answers 0. Refused in a container: the attempt is what must be told.
perl -e '
my $code = pack("C2 s l C2 s l", 0xb7, 0, 0, 0, 0x95, 0, 0, 0);
my $licence = "GPL\0";
my $attributes = pack("L L P P", 1, 2, $code, $licence) . "\0" x 96;
my $fd = syscall(321, 5, $attributes, length $attributes);
print STDERR "bpf: $fd $!\n";'
