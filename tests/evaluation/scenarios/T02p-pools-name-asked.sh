# id: T02p
# title: A mining pool's name is looked up
# expect: alert
# severity: critical
# kinds: dns, network
# attck: T1496.001
# image: tools
# launch: app
# peers: dns:53

# The question goes to the scenario's own server and to no other.
perl -e '
use Socket;
socket(my $s, PF_INET, SOCK_DGRAM, 17) or die $!;
my $address = inet_aton("dns") or die "no such peer\n";
for my $name ("pool.supportxmr.com", "xmr-eu1.nanopool.org") {
    my $question = pack("n6", 0x1234, 0x0100, 1, 0, 0, 0) . join("", map { pack("C/a", $_) } split /\./, $name) . pack("C n2", 0, 1, 1);
    send($s, $question, 0, pack_sockaddr_in(53, $address)) or die $!;
}
sleep 1;'
