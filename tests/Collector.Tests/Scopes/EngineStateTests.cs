using CsCheck;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class EngineStateTests
{
    /// <summary>A locked deployment, then an attack on both replicas.</summary>
    private static readonly List<Observation> Log = MakeLog();

    [Fact]
    public void Replay_OfTheSameLog_GivesTheSameIdsAndBytes()
    {
        var first = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        var second = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        Assert.Equal(EngineWeb.Text(Log.Select(first.Apply)), EngineWeb.Text(Log.Select(second.Apply)));
        Assert.Equal(first.Save(), second.Save());
    }

    [Fact]
    public void Replay_AppliedIds_ChangeNothing()
    {
        var engine = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        foreach (var observation in Log)
        {
            engine.Apply(observation);
        }

        var before = engine.Save();
        Assert.All(Log, observation => Assert.True(engine.Apply(observation).IsNothing));
        Assert.Equal(before, engine.Save());
        Assert.Equal(Log[^1].Id, engine.AppliedThrough);
    }

    /// <summary>The host has no container: an incident of it once could not be read back.</summary>
    [Fact]
    public void Restart_OfTheHostWithAnOpenIncident_EqualsNone()
    {
        var observations = new ObservationBuilder();
        var engine = new ScopeEngine(ObservationBuilder.Host, new BaselineOptions());
        var fromMemory = observations.Exec(null, observations.Process("/memfd:load", flags: ProcessFlags.Memfd | ProcessFlags.Deleted)) with { Scope = ObservationBuilder.Host };
        Assert.Single(engine.Apply(fromMemory).Alerts);

        var restored = ScopeEngine.Restore(ObservationBuilder.Host, engine.Save(), new BaselineOptions());

        Assert.Equal(engine.Save(), restored.Save());
    }

    [Fact]
    public void Restart_AnywhereInTheLog_EqualsNone()
    {
        var whole = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        var expected = Log.Select(whole.Apply).Select(outcome => EngineWeb.Text([outcome])).ToList();
        var expectedBytes = whole.Save();
        Gen.Int[0, Log.Count].Sample(cut =>
        {
            var before = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
            for (var i = 0; i < cut; i++)
            {
                before.Apply(Log[i]);
            }

            var after = ScopeEngine.Restore(ObservationBuilder.Web, before.Save(), new BaselineOptions());
            for (var i = cut; i < Log.Count; i++)
            {
                Assert.Equal(expected[i], EngineWeb.Text([after.Apply(Log[i])]));
            }

            Assert.Equal(expectedBytes, after.Save());
        }, iter: 30);
    }

    [Fact]
    public void Restore_AfterPeopleDecided_KeepsTheirDecisions()
    {
        var engine = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        var incident = Log.Select(engine.Apply).SelectMany(outcome => outcome.Incidents).Last();
        engine.ApproveIncident(incident.Id, "root (uid 0)", "ours", Log[^1].First);
        var restored = ScopeEngine.Restore(ObservationBuilder.Web, engine.Save(), new BaselineOptions());
        Assert.Equal(engine.Save(), restored.Save());
        Assert.Contains(restored.View(Log[^1].First).Items, item => item is { State: "approved", ApprovedBy: "root (uid 0)" });
    }

    [Fact]
    public void Restore_DamagedBytes_AreRefusedInWords()
    {
        var engine = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        foreach (var observation in Log.Take(500))
        {
            engine.Apply(observation);
        }

        var state = engine.Save();
        Gen.Select(Gen.Int[0, state.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var damaged = state.ToArray();
            damaged[at] ^= change;
            var fault = Assert.Throws<FormatException>(() => ScopeEngine.Restore(ObservationBuilder.Web, damaged, new BaselineOptions()));
            Assert.Contains("test/shop/Deployment/web/web", fault.Message, StringComparison.Ordinal);
        }, iter: 200);
        Gen.Int[0, state.Length - 1].Sample(
            length => Assert.Throws<FormatException>(() => ScopeEngine.Restore(ObservationBuilder.Web, state.AsSpan(0, length), new BaselineOptions())), iter: 50);
    }

    [Fact]
    public void Restore_WithAnotherUnitOrScope_IsRefusedInWords()
    {
        var engine = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        engine.Apply(Log[0]);
        var unit = Assert.Throws<FormatException>(() => ScopeEngine.Restore(ObservationBuilder.Web, engine.Save(), new BaselineOptions { Unit = TimeSpan.FromSeconds(1) }));
        Assert.Contains("learnt in units of 01:00:00; Baselines__Unit is 00:00:01", unit.Message, StringComparison.Ordinal);
        var scope = Assert.Throws<FormatException>(() => ScopeEngine.Restore(ObservationBuilder.Host, engine.Save(), new BaselineOptions()));
        Assert.Contains("is of scope test/shop/Deployment/web/web", scope.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_FullScopeWithHostileText_StaysBelowItsCap()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var random = new Random(1);
        string Noise(int length) => string.Create(length, random, static (span, source) =>
        {
            foreach (ref var character in span)
            {
                character = (char)source.Next(1, 0x2fff);
            }
        });
        for (var i = 0; i < 6_000; i++)
        {
            var process = web.Builder.Process("/tmp/" + Noise(400), replica.Nginx, flags: ProcessFlags.UpperLayer, arguments: ["a", Noise(3000)]);
            web.Engine.Apply(web.Builder.Exec(replica.Container, process));
            web.Engine.Apply(web.Builder.File(replica.Container, replica.Nginx, "/data/" + Noise(400)));
        }

        var state = web.Engine.Save();
        Assert.True(state.Length <= ScopeState.MaxLength, $"{state.Length} bytes");
        Assert.Equal(state, ScopeEngine.Restore(ObservationBuilder.Web, state, new BaselineOptions()).Save());
    }

    [Fact]
    public void Incidents_AboveTheirBound_LeaveTheQuietOnesFirst()
    {
        var web = new EngineWeb(new BaselineOptions { MaxOpenIncidents = 4 }).Locked();
        var replica = web.Replicas[0];
        var alert = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing))).Alerts);
        for (var i = 0; i < 20; i++)
        {
            web.Builder.Now += TimeSpan.FromSeconds(1);
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/t" + i, replica.Entrypoint)));
        }

        Assert.Equal(21, web.Incidents.Count());
        Assert.False(web.Engine.CloseIncident(alert.Id, "benign", "x", "", web.Builder.Now).IsNothing);
    }

    private static List<Observation> MakeLog()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        web.Serve(2);
        web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/usr/bin/curl", web.Replicas[0].Nginx)));
        web.Serve(60);
        web.Apply(web.Builder.Loss("file"));
        web.Start("c3", "web-3", digest: "sha256:bbbb");
        web.Serve(1);
        foreach (var replica in web.Replicas.Take(2))
        {
            var shell = web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing, arguments: ["sh", "-c", "x\u001b\n"]);
            web.Apply(web.Builder.Exec(replica.Container, shell));
            web.Apply(web.Builder.File(replica.Container, shell, "/tmp/.x/a", flags: FileFlags.Executable));
            var dropped = web.Builder.Process("/tmp/.x/a", shell, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
            web.Apply(web.Builder.Exec(replica.Container, dropped));
            web.Apply(web.Builder.Connect(replica.Container, dropped, "203.0.113.9", 3333));
            web.Builder.Now += TimeSpan.FromMinutes(3);
        }

        web.Apply(web.Builder.Exec(web.Replicas[2].Container, web.Builder.Process("/bin/bash", phase: Phase.Session)));
        return [.. web.Log];
    }
}
