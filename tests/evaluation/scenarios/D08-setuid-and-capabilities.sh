# id: D08
# title: A program is given its owner's rights and a capability
# expect: alert
# severity: high
# kinds: file
# attck: T1548.001
# image: tools
# launch: app

cp /usr/bin/id /usr/local/bin/rootid
chmod u+s /usr/local/bin/rootid
cp /usr/bin/id /usr/local/bin/rawid
# setxattr (188 on x86-64) of CAP_NET_RAW, as setcap does.
perl -e '
my ($path, $name, $value) = ("/usr/local/bin/rawid", "security.capability", pack("L5", 0x02000001, 1 << 13, 0, 0, 0));
my $done = syscall(188, $path, $name, $value, 20, 0);
print STDERR "setxattr: $done $!\n";'
exit 0
