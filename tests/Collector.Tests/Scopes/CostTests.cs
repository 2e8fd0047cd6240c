using System.Diagnostics;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Alone: what others allocate meanwhile would be counted.</summary>
[CollectionDefinition(nameof(CostTests), DisableParallelization = true)]
public sealed class CostCollection;

/// <summary>What a known behaviour and a learnt one cost the collector.</summary>
/// <remarks>The figures of README.md: Runtime.Collector.Tests -diagnostics -class '*CostTests'.</remarks>
[Collection(nameof(CostTests))]
public sealed class CostTests
{
    private const int Rounds = 20;
    private const int Times = 20_000;

    [Fact]
    public void Apply_OfAKnownBehaviour_AllocatesNothing()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        var (container, nginx) = (web.Replicas[0].Container, web.Replicas[0].Nginx);
        var worker = web.Builder.Process("/usr/sbin/nginx", nginx, flags: ProcessFlags.NetworkFacing);
        var at = web.Builder.File(container, worker, "/srv/x");
        (string Name, Observation Known)[] all =
        [
            ("exec", web.Builder.Exec(container, worker)),
            ("write", web.Builder.File(container, worker, "/var/log/nginx/access.log", FileOperation.Write)),
            ("library", web.Builder.File(container, worker, "/usr/lib/x86_64-linux-gnu/libssl.so.3", FileOperation.MapExecutable)),
            ("connection", web.Builder.Connect(container, worker, "10.9.8.7", 5432)),
            ("connection by name", web.Builder.Connect(container, worker, "93.184.216.34", 443) with { Name = "api.example.com" }),
            ("question", web.Builder.Connect(container, worker, "10.96.0.10", 53, protocol: 17) with { Operation = NetworkOperation.NameQuery, Name = "db.shop.svc.cluster.local" }),
            ("listener", web.Builder.Listen(container, nginx, "0.0.0.0", 80)),
            ("privilege", new PrivilegeObservation
            {
                Id = at.Id, Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = container, First = at.First, Last = at.Last, Lineage = worker,
                Operation = PrivilegeOperation.IoUring,
            }),
        ];
        foreach (var (_, known) in all)
        {
            web.Engine.Apply(known with { Id = 0 });
        }

        web.Serve(72);
        var items = web.Engine.View(web.Builder.Now).Items.Count;

        // Until the compiler has done with all of them.
        for (var i = 0; i < Rounds * Times; i++)
        {
            web.Engine.Apply(all[i % all.Length].Known with { Id = 0, First = web.Builder.Now, Last = web.Builder.Now });
        }

        foreach (var (name, observation) in all)
        {
            var known = observation with { Id = 0, First = web.Builder.Now, Last = web.Builder.Now };
            for (var i = 0; i < 5; i++)
            {
                web.Engine.Apply(known with { First = known.First.AddHours(-i), Last = known.First.AddHours(-i) });
            }

            var learnt = Learnt();
            var (best, allocated) = (double.MaxValue, long.MaxValue);
            for (var round = 0; round < Rounds; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < Times; i++)
                {
                    web.Engine.Apply(known);
                }

                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMicroseconds / Times);
                allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.True(Learnt() - learnt >= Rounds * Times, $"{name} is not known");
            // A bound that only a mistake in kind passes: machines that run tests are shared.
            Assert.True(best < 20, $"{name}: {best} us");
            TestContext.Current.SendDiagnosticMessage("known {0,-20} {1:0.00} us, {2} bytes in {3} sightings", name, best, allocated, Times);
            Assert.True(allocated < 1000, $"{name}: {allocated} bytes in {Times} sightings");
            Assert.Equal(items, web.Engine.View(web.Builder.Now).Items.Count);
        }

        long Learnt() => web.Engine.View(web.Builder.Now).Items.Where(item => item.State == "learned").Sum(item => (long)item.Count);
    }

    [Fact]
    public void Memory_OfLearntItems_IsBounded()
    {
        const int scopes = 100, items = 2000;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var engines = Enumerable.Range(0, scopes).Select(scope => Learnt(scope, items)).ToList();
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)scopes;
        TestContext.Current.SendDiagnosticMessage(
            "{0} scopes of {1} items: {2:0} KiB each, {3:0} bytes an item; 1,000 of them {4:0} MiB", scopes, items, each / 1024, each / items, each * 1000 / 1024 / 1024);
        Assert.True(each / items < 400, $"{each / items} bytes an item");
        Assert.All(engines, engine => Assert.Equal(items, engine.View(ObservationBuilder.Epoch).Items.Count));
    }

    /// <summary>Files half of them, then edges, peers, libraries and programs: keys of 50 characters at the mean, and none of another scope's.</summary>
    private static ScopeEngine Learnt(int scope, int items)
    {
        var builder = new ObservationBuilder();
        var engine = new ScopeEngine(ObservationBuilder.Web, new Collector.Baselines.BaselineOptions());
        var container = ObservationBuilder.Container("c1", "web-1");
        var server = builder.Process($"/opt/app{scope:000}/bin/server");
        // A program that is new brings two items: itself, and who started it.
        for (int i = 0, learnt = 0; learnt < items; i++)
        {
            builder.Now += TimeSpan.FromMilliseconds(10);
            engine.Apply((i % 9) switch
            {
                < 5 => builder.File(container, server, $"/srv/app{scope:000}/data{i:00000}/state.db", FileOperation.Write),
                5 or 6 => builder.File(container, server, $"/usr/lib/x86_64-linux-gnu/libpart{scope:000}{i:00000}.so", FileOperation.MapExecutable),
                7 => builder.Connect(container, server, $"10.{i % 250}.{i / 250}.7", 5000 + scope),
                _ when learnt == items - 1 => builder.File(container, server, $"/srv/app{scope:000}/last", FileOperation.Write),
                _ => builder.Exec(container, builder.Process($"/opt/app{scope:000}/bin/tool{i:00000}", server)),
            });
            learnt += i % 9 == 8 && learnt < items - 1 ? 2 : 1;
        }

        // As it is from the next day on: what belongs to the first minutes alone is gone.
        builder.Now += TimeSpan.FromDays(1);
        engine.Apply(builder.File(container, server, $"/srv/app{scope:000}/data00000/state.db", FileOperation.Write));

        return engine;
    }
}
