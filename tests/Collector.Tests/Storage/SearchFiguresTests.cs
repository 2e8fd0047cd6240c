using System.Diagnostics;
using System.Globalization;
using System.Net;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Search;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

/// <summary>
/// What a search costs in a store of many rows: with -diagnostics it prints the figures. 20,000 rows, or as many as RUNTIME_SEARCH_ROWS says; the
/// figures of DECISIONS.md are of 300,000.
/// </summary>
public sealed class SearchFiguresTests
{
    private const int Deployments = 200, BatchRows = 1000, Rounds = 3;

    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromHours(1)).Token;
    private static readonly int Rows = int.TryParse(Environment.GetEnvironmentVariable("RUNTIME_SEARCH_ROWS"), out var rows) ? rows : 20_000;

    // One, so that equal containers are equal.
    private static readonly Dictionary<string, string> _labels = [];

    /// <summary>Rows of 30 days, the last now.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromDays(30) / Rows;

    [Fact]
    public async Task Searches_OfManyRows_AreBounded()
    {
        using var store = new TempStore();
        var random = new Random(7);
        await store.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, Soon);
        var commits = Stopwatch.StartNew();
        for (var first = 0; first < Rows; first += BatchRows)
        {
            var observations = Enumerable.Range(first, Math.Min(BatchRows, Rows - first)).Select(i => Make(random, i)).ToArray();
            await store.Ingest.CommitAsync(Sample.Agent, Sample.Batch((ulong)(1 + (first / BatchRows)), observations), Sample.Now, Soon);
        }

        Say($"{Rows} rows committed, {Rows / commits.Elapsed.TotalSeconds:0} a second; {new FileInfo(store.Options.Path).Length / Rows} bytes a row");

        await MeasureAsync("the newest page", "", 100);
        await MeasureAsync("a binary seen once", "binary:/tmp/xmrig", 1);
        await MeasureAsync("a folder's binaries", "binary:/tmp/*", 1);
        await MeasureAsync("a binary by its name alone", "binary:*/xmrig", 1);
        await MeasureAsync("a network, seen once", "address:203.0.113.0/24", 1);
        await MeasureAsync("a deployment's week", "deployment:ns3/d3 since:7d kind:network", 100);
        await MeasureAsync("a common binary of one deployment", "binary:/usr/bin/p1 deployment:ns3/d3 kind:exec", 100);
        await MeasureAsync("many terms, most rows fit each, none all", "kind:exec image.registry:docker.io uid:101 port:443", 0);
        await MeasureAsync("a registry's new sights", "image.registry:docker.io new:true path:/var/*", 100);
        await MeasureAsync("a common thing that is not there", "binary:/usr/bin/p1 kind:exec uid:>5000", 0);
        await MeasureAsync("a word of arguments, seen once", "stratum+tcp", 1);

        var clock = Stopwatch.StartNew();
        Assert.Equal(1, (await store.Search.FindSightingsAsync(SearchPattern.Exactly("/tmp/xmrig"), null, 100, Soon)).Deployments);
        Say($"where a path: {clock.Elapsed.TotalMilliseconds:0.0} ms");
        clock.Restart();
        Assert.Equal(1, (await store.Search.FindSightingsAsync(null, SearchValues.NetworkOf("203.0.113.0/24"), 100, Soon)).Deployments);
        Say($"where a network: {clock.Elapsed.TotalMilliseconds:0.0} ms");

        async Task MeasureAsync(string what, string query, int expected)
        {
            var root = SearchParser.Parse(query, Sample.Now);
            var best = TimeSpan.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                var cursor = await store.Search.BeginAsync(Soon);
                var started = Stopwatch.GetTimestamp();
                var page = await store.Search.SearchAsync(root, cursor, 100, Soon);
                var took = Stopwatch.GetElapsedTime(started);
                best = took < best ? took : best;
                Assert.True(page.Hits.Count == expected || (expected > 1 && page.Hits.Count > 0), $"{query}: {page.Hits.Count}");
            }

            Say($"{what} ({query}): {best.TotalMilliseconds:0.0} ms");
            Assert.True(best < SearchStoreLimit(), query);
        }
    }

    private static TimeSpan SearchStoreLimit() => Runtime.Collector.Storage.SearchStore.Longest;

    private static void Say(FormattableString line) => TestContext.Current.SendDiagnosticMessage(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Once, in the middle, a miner of 203.0.113.9; else what a cluster does.</summary>
    private static Observation Make(Random random, int i)
    {
        var at = Sample.Now - (Step * (Rows - i));
        var d = random.Next(Deployments);
        var scope = new Scope("default", $"ns{d % 10}", "Deployment", $"d{d}", "app");
        var pod = random.Next(5);
        var container = Sample.WebContainer with
        {
            Id = $"{d:x8}{pod:x4}".PadRight(64, 'f'), PodName = $"d{d}-{pod}", PodUid = $"u{d}-{pod}", Image = d % 4 == 0 ? $"ghcr.io/team/d{d}:1" : $"docker.io/library/d{d}:1", CgroupPath = "", PodLabels = _labels,
        };
        var process = Sample.Process($"/usr/bin/p{(int)Math.Min(299, 1 / (random.NextDouble() + 0.003))}", (uint)random.Next(1, 30000), "--config", "/etc/app.conf");
        if (i == Rows / 2)
        {
            return new NetworkObservation
            {
                Scope = scope, AgentId = "agent-1", Node = "node-1", Container = container, First = at, Last = at, Lineage = [Sample.Process("/tmp/xmrig", 9, "-o", "stratum+tcp://x"), process],
                Operation = NetworkOperation.Connect, Protocol = 6, RemoteAddress = IPAddress.Parse("203.0.113.9"), RemotePort = 3333,
            };
        }

        return random.Next(10) switch
        {
            < 3 => new ExecObservation { Scope = scope, AgentId = "agent-1", Node = "node-1", Container = container, First = at, Last = at, Lineage = [process, Sample.Process()] },
            < 7 => new FileObservation
            {
                Scope = scope, AgentId = "agent-1", Node = "node-1", Container = container, First = at, Last = at, Lineage = [process], Operation = FileOperation.Write,
                Path = $"/var/lib/d{d}/{random.Next(200)}.dat", Template = $"/var/lib/d{d}/<n>.dat",
            },
            _ => new NetworkObservation
            {
                Scope = scope, AgentId = "agent-1", Node = "node-1", Container = container, First = at, Last = at, Lineage = [process], Operation = NetworkOperation.Connect, Protocol = 6,
                RemoteAddress = new IPAddress(new byte[] { 10, (byte)random.Next(4), (byte)d, (byte)random.Next(20) }), RemotePort = random.Next(3) == 0 ? 5432 : 443, Name = $"svc{random.Next(50)}.ns{d % 10}.svc",
            },
        };
    }
}
