using System.Text;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Rules;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Query.Replay;

public sealed class RuleReplayTests
{
    private const string Key = "usual_tool|/usr/bin/curl";

    /// <summary>One key, two events: with the other rules only what nginx starts is one.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Fact_OfSeveralEvents_RemainsWhileOneIsOneStill(bool isStartedByNginxToo, bool remains)
    {
        var web = new EngineWeb();
        var replica = web.Start("c0", "web-0");
        var replay = new RuleReplay(
            ObservationBuilder.Web, web.Options, Rules(""), Rules(", { field: parent, is: /usr/sbin/nginx }"), new HashSet<string>(), new HashSet<string> { Key });
        replay.Take(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/curl", replica.Entrypoint)));
        if (isStartedByNginxToo)
        {
            replay.Take(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/curl", replica.Nginx)));
        }

        Assert.Equal(remains, replay.Remains(Key));
        Assert.Empty(replay.Paged);
    }

    private static RuleSet Rules(string more) => RulesFile.Parse("rules", Encoding.UTF8.GetBytes($$"""
        version: 1
        own:
          - name: usual_tool
            kind: exec
            severity: high
            words: "{binary} ran"
            all: [{ field: binary, is: /usr/bin/curl }{{more}}]
        """));
}
