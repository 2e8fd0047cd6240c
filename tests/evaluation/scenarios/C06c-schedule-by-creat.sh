# id: C06c
# title: A schedule is written through the old creat call
# expect: alert
# severity: high
# kinds: file
# attck: T1053.003
# image: tools
# launch: app

mkdir -p /etc/cron.d
# x86-64: 85 is creat, 1 is write.
perl -e '
my ($path, $line) = ("/etc/cron.d/db", "* * * * * root /bin/true\n");
my $fd = syscall(85, $path, 0644);
die "creat: $!\n" if $fd < 0;
syscall(1, $fd, $line, length $line);'
