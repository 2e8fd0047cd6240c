# id: N06
# title: A name is looked up that nothing here ever asked for
# expect: alert
# severity: medium
# kinds: dns, network
# attck: T1071.004
# image: tools
# launch: app
# peers: dns:53

# The question goes to the scenario's own server and to no other.
perl -e '
use Socket;
my $question = pack("n6", 0x1234, 0x0100, 1, 0, 0, 0) . join("", map { pack("C/a", $_) } split /\./, "update.k7f3q9x2.example.net") . pack("C n2", 0, 1, 1);
socket(my $s, PF_INET, SOCK_DGRAM, 17) or die $!;
my $address = inet_aton("dns") or die "no such peer\n";
send($s, $question, 0, pack_sockaddr_in(53, $address)) or die $!;
sleep 1;'
