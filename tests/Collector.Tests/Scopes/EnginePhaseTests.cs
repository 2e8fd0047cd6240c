using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What a container's start does licenses nothing while it serves: the phase is part of who starts whom.</summary>
public sealed class EnginePhaseTests
{
    [Theory]
    [InlineData("/bin/chown", 1)]
    [InlineData("/usr/bin/curl", 15)]
    [InlineData("/bin/sh", 1)]
    public void Program_ThatOnlyStartsRan_IsNewsWhileItServes(string binary, double weight)
    {
        var web = new EngineWeb();
        foreach (var n in new[] { 1, 2 })
        {
            var started = web.Start("c" + n, "web-" + n);
            web.Apply(web.Builder.Exec(started.Container, web.Builder.Process(binary, started.Entrypoint, Phase.Init)));
        }

        web.Serve(72);
        Assert.Empty(web.Outcomes);
        Assert.Equal("learned", web.Item("exec", binary)!.State);
        Assert.Equal("learned", web.Item("edge", $"/bin/sh>{binary}@init")!.State);

        // The same program from the same parent, in the same container.
        var replica = web.Replicas[0];
        var deviation = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process(binary, replica.Entrypoint))).Deviations);
        Assert.Equal(("edge", $"/bin/sh>{binary}@steady", weight), (deviation.Kind, deviation.Key, deviation.EValue));
        Assert.Equal("pending", web.Item("edge", $"/bin/sh>{binary}@steady")!.State);

        // At the next start it is no news.
        var before = web.Outcomes.Count;
        var restarted = web.Start("c3", "web-3");
        web.Apply(web.Builder.Exec(restarted.Container, web.Builder.Process(binary, restarted.Entrypoint, Phase.Init)));
        Assert.Equal(before, web.Outcomes.Count);
    }
}
