# id: D14
# title: A user without rights calls userfaultfd
# expect: alert
# severity: high
# kinds: privilege
# attck: T1068
# image: tools
# launch: app

# x86-64: 323; 1 is UFFD_USER_MODE_ONLY, which needs no rights.
setpriv --reuid=1000 --regid=1000 --clear-groups perl -e '
my $fd = syscall(323, 1);
print STDERR "userfaultfd: $fd $!\n";'
exit 0
