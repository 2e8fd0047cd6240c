# id: C06b
# title: The hashes are read by the old open call
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: tools
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
# x86-64: 2 is open, 0 is read.
perl -e '
my ($path, $bytes) = ("/etc/shadow", " " x 4096);
my $fd = syscall(2, $path, 0, 0);
die "open: $!\n" if $fd < 0;
syscall(0, $fd, $bytes, 4096);'
