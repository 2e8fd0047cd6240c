# id: D12
# title: A kernel module is loaded
# expect: alert
# severity: high
# kinds: privilege, process
# attck: T1547.006
# image: tools
# launch: app
# skip: this kernel knows no modules, and so not the calls that load one

# x86-64: 313 is finit_module, 175 is init_module. No module is there to load.
perl -e '
my ($none, $bytes) = ("", "\x7fELF stand-in");
my $loaded = syscall(313, -1, $none, 0);
print STDERR "finit_module: $loaded $!\n";
$loaded = syscall(175, $bytes, length $bytes, $none);
print STDERR "init_module: $loaded $!\n";'
