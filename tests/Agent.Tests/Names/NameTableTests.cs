using Runtime.Agent.Names;
using Xunit;

namespace Runtime.Agent.Tests.Names;

public sealed class NameTableTests
{
    private const ulong Second = 1_000_000_000;
    private static readonly byte[] Question = Convert.FromHexString("1a2b0100000100000000000004706f6f6c076578616d706c650000010001");
    private static readonly byte[] Answer = Convert.FromHexString("1a2b8180000100010000000004706f6f6c076578616d706c650000010001c00c000100010000003c0004cb007109");
    private static readonly byte[] Server = [10, 96, 0, 10];
    private static readonly byte[] Peer = [203, 0, 113, 9];

    private readonly NameTable _names = new();
    private readonly DnsMessage _message = new();

    [Fact]
    public void Answer_ToAQuestion_NamesThePeerInThatContainerOnly()
    {
        Ask("a", 7, Server);
        Tell("a", 7, Server);

        Assert.Equal("pool.example"u8, _names.Find("a", Peer, Second));
        Assert.Empty(_names.Find("b", Peer, Second));
    }

    [Theory]
    [InlineData("a", 8, 10)]
    [InlineData("b", 7, 10)]
    [InlineData("a", 7, 11)]
    public void Answer_FromElsewhereThanAsked_NamesNothing(string container, uint socket, byte server)
    {
        Ask("a", 7, Server);
        Tell(container, socket, [10, 96, 0, server]);

        Assert.Empty(_names.Find(container, Peer, Second));
        Assert.Contains(new KeyValuePair<string, ulong>("names.not_asked", 1), _names.Counters());
    }

    [Fact]
    public void Name_AfterItsLastUse_IsKeptTenMinutes()
    {
        Ask("a", 7, Server);
        Tell("a", 7, Server);

        Assert.NotEmpty(_names.Find("a", Peer, 599 * Second));
        Assert.NotEmpty(_names.Find("a", Peer, 1198 * Second));
        Assert.Empty(_names.Find("a", Peer, 1799 * Second));
    }

    [Fact]
    public void Names_BeyondTheBound_AreToldByTheirDomain()
    {
        for (var i = 0; i < NameTable.MaxDistinct; i++)
            _names.Fold("a", global::System.Text.Encoding.ASCII.GetBytes($"x{i}.tunnel.example"), Second);

        Assert.Equal("*.tunnel.example"u8, _names.Fold("a", "other.tunnel.example"u8.ToArray(), Second));
        Assert.Equal("x1.tunnel.example"u8, _names.Fold("a", "x1.tunnel.example"u8.ToArray(), Second));
        Assert.Equal("other.tunnel.example"u8, _names.Fold("b", "other.tunnel.example"u8.ToArray(), Second));
    }

    [Theory]
    [InlineData("a.b.example.com", "example.com")]
    [InlineData("a.b.shop.co.uk", "shop.co.uk")]
    [InlineData("localhost", "localhost")]
    public void Domain_OfAName_IsItsLastLabels(string name, string domain) =>
        Assert.Equal(domain, global::System.Text.Encoding.ASCII.GetString(NameTable.Domain(global::System.Text.Encoding.ASCII.GetBytes(name))));

    private void Ask(string container, uint socket, byte[] server)
    {
        Assert.True(_message.TryRead(Question));
        _names.Ask(container, socket, server, _message);
    }

    private void Tell(string container, uint socket, byte[] server)
    {
        Assert.True(_message.TryRead(Answer));
        _names.Answer(container, socket, server, _message, 0);
    }
}
