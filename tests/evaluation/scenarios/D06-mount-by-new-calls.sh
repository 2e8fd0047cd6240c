# id: D06
# title: The new calls mount a file system
# expect: alert
# severity: medium
# kinds: privilege
# attck: T1611
# image: tools
# launch: app

# On every machine: 430 fsopen, 431 fsconfig, 432 fsmount, 428 open_tree, 429 move_mount.
perl -e '
my ($type, $root, $target, $empty) = ("tmpfs", "/", "/mnt", "");
my $fs = syscall(430, $type, 0);
print STDERR "fsopen: $fs $!\n";
my $config = syscall(431, $fs, 6, 0, 0, 0);
my $mount = syscall(432, $fs, 0, 0);
print STDERR "fsmount: $mount $!\n";
my $tree = syscall(428, -100, $root, 1);
print STDERR "open_tree: $tree $!\n";
my $moved = syscall(429, $mount < 0 ? $tree : $mount, $empty, -100, $target, 4);
print STDERR "move_mount: $moved $!\n";'
exit 0
