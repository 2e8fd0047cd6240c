# id: E11
# title: A file is made immutable
# expect: alert
# severity: medium
# kinds: file
# attck: T1222.002
# image: tools
# launch: app

# What chattr +i asks for: FS_IOC_SETFLAGS with 0x10. Refused without CAP_LINUX_IMMUTABLE: the attempt is what must be told.
echo '* * * * * root /bin/true' >/var/tmp/keep
perl -e '
open(my $file, "<", "/var/tmp/keep") or die $!;
my $flags = pack("q", 0x10);
ioctl($file, 0x40086602, $flags) or print STDERR "FS_IOC_SETFLAGS: $!\n";'
exit 0
