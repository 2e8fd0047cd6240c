using Runtime.Cli.Output;
using Runtime.Collector.Query;
using Runtime.Collector.Tests.Query;
using Runtime.Collector.Web;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Web;

public sealed class StoryTests
{
    [Theory]
    [InlineData("nginx started a shell", "`nginx started a shell`")]
    [InlineData("a `b` c", "``a `b` c``")]
    [InlineData("``` end", "```` ``` end ````")]
    [InlineData("[click](http://evil.example.com)", "`[click](http://evil.example.com)`")]
    [InlineData("two\nlines", "`two\\nlines`")]
    [InlineData("\u202Egnp.exe", "`\\u{202E}gnp.exe`")]
    [InlineData("", "-")]
    public void Code_WhateverTheText_IsOneSpan(string text, string span) => Assert.Equal(span, MarkdownStory.Code(text));

    [Fact]
    public void Story_HasTheTreeAsABlockThatNoLineOfItEnds()
    {
        var incident = Wire.Incident(new IncidentDetail(Sample.Incident("aaaa0001") with { ProcessTree = "/bin/sh\n```\n# heading" }, [Sample.Deviation("d1", "aaaa0001")], []));
        var story = MarkdownStory.Of(incident);
        Assert.Contains("\n    /bin/sh\n    ```\n    # heading\n", story);
        Assert.Contains("- × 200 `the binary was written after the container started` (T1105)", story);
    }

    [Fact]
    public void Forest_OfLineages_JoinsWhatIsOneProcessAndMarksWhatDeviates()
    {
        var deviation = Wire.Deviation(Sample.Deviation("d1", "aaaa0001"));
        deviation.Lineage[1].Pid = 1;
        var second = deviation.Clone();
        second.Id = "d2";
        second.Title = "connected";
        var (place, root) = Assert.Single(ProcessStory.Of([deviation, second]));
        Assert.Equal("web-5d9c-x1", place);
        Assert.Empty(root.Deviations);
        Assert.Equal("/usr/sbin/nginx", root.Process.Binary);
        var child = Assert.Single(root.Children);
        Assert.Equal("/tmp/xmrig", child.Process.Binary);
        Assert.Equal([deviation.Title, "connected"], child.Deviations);
    }

    [Fact]
    public void Forest_OfAProcessThatBecameAnotherProgram_HasBoth()
    {
        var server = new Process { Pid = 1, Started = Wire.Time(Sample.Noon), Binary = "/usr/sbin/nginx" };
        var shell = new Process { Pid = 7, Started = Wire.Time(Sample.Noon), Binary = "/bin/sh" };
        var became = shell.Clone();
        became.Binary = "/tmp/x";
        var forest = new ProcessForest(16);
        Assert.Equal("/bin/sh", forest.Add("c1", [shell, server])!.Process.Binary);
        Assert.Equal("/tmp/x", forest.Add("c1", [became, server])!.Process.Binary);
        Assert.Equal(["/bin/sh", "/tmp/x"], Assert.Single(forest.Roots).Children.Select(node => node.Process.Binary));
    }

    [Fact]
    public void Peers_OfEgressItems_AreLinesBetweenProgramsAndPeers()
    {
        BaselineItem[] items =
        [
            new() { Kind = "egress", Key = "/usr/bin/curl|dns:api.example.com|443|tcp", Count = 10, State = "learned" },
            new() { Kind = "egress", Key = "/opt/a%7Cb%25|10.0.0.0/24|5432|tcp", Count = 1000, State = "pending" },
            new() { Kind = "egress", Key = "broken", State = "learned" },
            new() { Kind = "exec", Key = "/usr/bin/curl|x|1|tcp", State = "learned" },
        ];
        var graph = PeerGraph.Of(items);
        Assert.Equal(["/opt/a|b%", "/usr/bin/curl"], graph.Programs.Select(node => node.Name));
        Assert.Equal(["10.0.0.0/24 5432 tcp", "api.example.com 443 tcp"], graph.Peers.Select(node => node.Name));
        Assert.Equal(2, graph.Lines.Count);
        Assert.Equal(0, graph.Omitted);
    }

    [Fact]
    public void Curve_OfItems_RisesToAllThatIsKnownAndAheadByWhatIsPredicted()
    {
        var now = Sample.Noon;
        var items = new[] { 4, 3, 1, 1 }.Select(days => new BaselineItem { Kind = "exec", FirstSeen = Wire.Time(now.AddDays(-days)) }).ToList();
        var curve = DiscoveryCurve.Of(items, predictedNew: 4, now)!;
        Assert.StartsWith("0,76 0,76 0,67 ", curve.Line);
        Assert.EndsWith("270,40", curve.Line);
        Assert.Equal("270,40 300,4", curve.Forecast);
        Assert.Null(DiscoveryCurve.Of([], 4, now));
    }

    [Fact]
    public void Observables_AreWhatCouldBeElsewhere_OnceEach_TheStrongestFirst()
    {
        var miner = new Deviation { Kind = "egress", Key = "/tmp/x|dns:pool.example.com|3333|tcp", EValue = 5, Time = At(2), Lineage = { new Process { Binary = "/tmp/x" } } };
        Deviation[] deviations =
        [
            new() { Kind = "egress", Key = "/tmp/x|self|80|tcp", EValue = 1, Time = At(1), Lineage = { new Process { Binary = "/tmp/x" } } },
            new() { Kind = "egress", Key = "/tmp/x|203.0.113.0/24|443|tcp", EValue = 2, Time = At(1) },
            new() { Kind = "egress", Key = "/tmp/x|/run/docker.sock|-|unix", EValue = 2, Time = At(1) },
            new() { Kind = "name", Key = "/tmp/x|a%7Cb.example.com", EValue = 3, Time = At(1) },
            new() { Kind = "binary", Key = "/tmp/x|sha256:01|9f86d081", EValue = 4, Time = At(1) },
            miner,
        ];
        Assert.Equal(["pool.example.com", "/tmp/x", "9f86d081", "a|b.example.com", "203.0.113.0/24"], Observables.Of(deviations));
        Assert.Equal(6, Observables.Of(Enumerable.Range(0, 20).Select(i => new Deviation { Kind = "name", Key = $"/x|{i}.example.com", Time = At(i) })).Count);

        static Google.Protobuf.WellKnownTypes.Timestamp At(int second) => new() { Seconds = second };
    }
}
