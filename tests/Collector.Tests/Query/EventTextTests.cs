using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Xunit;

namespace Runtime.Collector.Tests.Query;

public sealed class EventTextTests
{
    [Theory]
    [InlineData(NetworkFlags.NameFromSni, "first bytes to 203.0.113.7:443 look like tls and call it pool.example.test")]
    [InlineData(NetworkFlags.None, "first bytes to pool.example.test (203.0.113.7:443) look like tls")]
    internal void Name_ThatTheClientSays_IsNotShownAsTheOneThatWasLookedUp(NetworkFlags flags, string words)
    {
        var builder = new ObservationBuilder();
        var hello = builder.FirstBytes(null, builder.Process("/tmp/a"), "203.0.113.7", 443, "tls") with { Name = "pool.example.test", Flags = flags };
        Assert.Equal(words, EventText.Summary(hello));
        Assert.Equal(flags != NetworkFlags.None, EventText.Details(hello).Contains(new("flags", "name_from_sni")));
    }
}
