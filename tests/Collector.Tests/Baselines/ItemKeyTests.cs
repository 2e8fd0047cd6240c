using System.Net;
using CsCheck;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class ItemKeyTests
{
    private static readonly string[] Texts = ["a", "|", ">", "%", "%7C", "/"];
    private static readonly Gen<string> Pieces = Gen.Int[0, Texts.Length - 1].Select(index => Texts[index]);

    private readonly ObservationBuilder _builder = new();
    private readonly ItemKey _key = new();

    [Fact]
    public void Keys_OfEachKind_ReadAsDocumented()
    {
        var nginx = _builder.Process("/usr/sbin/nginx");
        var shell = _builder.Process("/bin/sh", nginx);
        var python = _builder.Process("/usr/bin/python3", nginx, script: "/app/job.py");
        Assert.Equal("x/bin/sh", _key.Exec(shell[0]));
        Assert.Equal("x/usr/bin/python3 /app/job.py", _key.Exec(python[0]));
        Assert.Equal("e/usr/sbin/nginx>/bin/sh@steady", _key.Edge(shell[0], nginx[0]));
        Assert.Equal("eruntime>/usr/sbin/nginx@steady", _key.Edge(nginx[0], null));
        Assert.Equal(
            "w/usr/sbin/nginx|create|/var/log/nginx/<date>.log|other",
            _key.FileWrite(_builder.File(null, nginx, "/var/log/nginx/2026-11-23.log", template: "/var/log/nginx/<date>.log")));
        Assert.Equal("r/usr/sbin/nginx|shadow", _key.FileRead(_builder.File(null, nginx, "/etc/shadow"), "shadow"));
        Assert.Equal("l/usr/sbin/nginx|80|tcp|any", _key.Listen(_builder.Listen(null, nginx, "0.0.0.0", 80), "80"));
    }

    [Theory]
    [InlineData("127.0.0.1", 80, "self|80|tcp")]
    [InlineData("::1", 80, "self|80|tcp")]
    [InlineData("10.1.2.3", 80, "self|80|tcp")] // the pod's own address
    [InlineData("0.0.0.0", 80, "self|80|tcp")]
    [InlineData("10.9.8.7", 5432, "10.9.8.0/24|5432|tcp")]
    [InlineData("172.31.255.4", 443, "172.31.255.0/24|443|tcp")]
    [InlineData("172.32.0.4", 443, "172.32.0.0/24|443|tcp")]
    [InlineData("10.96.0.10", 53, "dns 10.96.0.10|53|tcp")]
    [InlineData("8.8.8.8", 53, "8.8.8.0/24|53|tcp")] // a resolver out in the internet is a peer
    [InlineData("169.254.169.254", 80, "metadata|80|tcp")]
    [InlineData("fd00:ec2::254", 80, "metadata|80|tcp")]
    [InlineData("169.254.1.1", 80, "link-local|80|tcp")]
    [InlineData("fe80::1", 80, "link-local|80|tcp")]
    [InlineData("fd12:3456:789a:1::5", 80, "fd12:3456:789a:1::/64|80|tcp")]
    [InlineData("2001:db8:77:1::5", 443, "2001:db8:77::/48|443|tcp")]
    [InlineData("203.0.113.9", 40000, "203.0.113.0/24|eph|tcp")]
    [InlineData("239.1.2.3", 5353, "multicast|5353|tcp")]
    public void Egress_Address_IsFoldedToWhatABaselineCanLearn(string address, int port, string expected)
    {
        var connect = _builder.Connect(ObservationBuilder.Container("c1", "web-1"), _builder.Process("/usr/bin/curl"), address, port);
        Span<char> peer = stackalloc char[Peers.FoldedLength];
        Span<char> portClass = stackalloc char[16];
        Assert.Equal(
            "n/usr/bin/curl|" + expected,
            _key.Egress(connect, Peers.Fold(Peers.KindOf(connect), connect.RemoteAddress, peer), Peers.PortClass(port, portClass)));
    }

    [Fact]
    public void Fold_AnyAddress_FitsItsRoom() => Gen.Byte.Array[16].Sample(bytes =>
    {
        var room = new char[Peers.FoldedLength];
        foreach (var kind in new[] { PeerKind.Private, PeerKind.Public })
        {
            Assert.EndsWith(kind == PeerKind.Private ? "/64" : "/48", Peers.Fold(kind, new IPAddress(bytes), room).ToString(), StringComparison.Ordinal);
            Assert.EndsWith(".0/24", Peers.Fold(kind, new IPAddress(bytes.AsSpan(0, 4)), room).ToString(), StringComparison.Ordinal);
        }
    });

    [Fact]
    public void Keys_NamesWithSeparators_CannotForgeAnother()
    {
        var forged = _builder.Process("/tmp/a|create|/etc/passwd");
        Assert.Equal("w/tmp/a%7Ccreate%7C/etc/passwd|create|/x|other", _key.FileWrite(_builder.File(null, forged, "/x")));
        var arrow = _builder.Process("/tmp/a>/bin/sh@init");
        Assert.Equal("e/bin/b>/tmp/a%3E/bin/sh@init@steady", _key.Edge(arrow[0], _builder.Process("/bin/b")[0]));
    }

    [Fact]
    public void Keys_DifferentParts_GiveDifferentKeys() => Gen.Select(Pieces.Array[0, 6], Pieces.Array[0, 6])
        .Sample((left, right) =>
        {
            var builder = new ObservationBuilder();
            var key = new ItemKey();
            string Of(string[] parts)
            {
                var process = builder.Process(string.Concat(parts.Take(parts.Length / 2)));
                return key.FileWrite(builder.File(null, process, "/p", template: "t" + string.Concat(parts.Skip(parts.Length / 2)))).ToString();
            }

            var same = string.Concat(left.Take(left.Length / 2)) == string.Concat(right.Take(right.Length / 2))
                && string.Concat(left.Skip(left.Length / 2)) == string.Concat(right.Skip(right.Length / 2));
            Assert.Equal(same, Of(left) == Of(right));
        });

    [Fact]
    public void Keys_LongPaths_AreCutAndStayDistinct()
    {
        var one = _key.Exec(_builder.Process("/" + new string('a', 5000) + "1")[0]).ToString();
        var two = _key.Exec(_builder.Process("/" + new string('a', 5000) + "2")[0]).ToString();
        Assert.Equal(ItemKey.MaxLength, one.Length);
        Assert.NotEqual(one, two);
    }

    [Theory]
    [InlineData("/tmp/tmp.Xk3f9Qa1/run.sh", "/tmp/<rand>/run.sh")]
    [InlineData("/work/3f2a9c77b1d0/step.py", "/work/<rand>/step.py")]
    [InlineData("/var/jobs/20261123/job.sh", "/var/jobs/<int>/job.sh")]
    [InlineData("/opt/app2/run-v1.sh", "/opt/app2/run-v1.sh")]
    [InlineData("/usr/lib/python3.11/site.py", "/usr/lib/python3.11/site.py")]
    [InlineData("/app/main.py", "/app/main.py")]
    [InlineData("", "")]
    public void VaryingPath_Table(string path, string expected) => Assert.Equal(expected, VaryingPath.Type(path));

    [Theory]
    [InlineData("/a/b.php", "php")]
    [InlineData("/a/libx.so.1.2", "so")]
    [InlineData("/a.d/b", "other")]
    [InlineData("/a/b.jpg", "other")]
    [InlineData("/a/.sh", "sh")]
    public void ExtensionClass_Table(string path, string expected) => Assert.Equal(expected, ItemKey.ExtensionClass(path));
}
