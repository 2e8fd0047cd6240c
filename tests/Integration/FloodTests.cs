using System.Diagnostics;
using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>What one container does too much of: every event is there or counted as lost, and the others do not feel it.</summary>
public sealed class FloodTests
{
    private const string Letters = "a b c d e f g h i j k l m n o p q r s t u v w x y z";

    /// <summary>Six times 26³: more than the agent remembers of one container, and than its queue holds.</summary>
    private const int Files = 6 * 26 * 26 * 26;

    /// <summary>Makes no other file: a loss names no path.</summary>
    private const string Script = $"""
        /bin/true /tmp/begun
        for a in bark cone dusk fern gulf harp; do for b in {Letters}; do for c in {Letters}; do for d in {Letters}; do : > /srv/$a$b$c$d; done; done; done; done
        /bin/true /tmp/ended
        exec /bin/sleep 600
        """;

    [Fact(Timeout = 2 * Machine.Limit)]
    public async Task Files_OfAFlood_AreDeliveredOrCountedAsLost_AndAnExecElsewhereOvertakesThem()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(1, "fanotify tells of alike events of one file once, a scan of none that is over");
        Machine.SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var stack = await RuntimeStack.StartAsync(options);
        var name = "flood-" + Guid.NewGuid().ToString("N")[..8];
        var bundle = Directory.CreateDirectory(Path.Combine(stack.Folder, "bundle")).FullName;
        await RuncBundle.WriteAsync(bundle, busybox, "/runtime-test/" + name, "/bin/sh", "/flood.sh");
        // Not as an argument: every event of the container would hold the words that are looked for.
        await File.WriteAllTextAsync(Path.Combine(bundle, "rootfs/flood.sh"), Script);
        var state = Path.Combine(stack.Folder, "runc");

        var runc = ServiceProcess.Start("runc", "--root", state, "run", "--bundle", bundle, name);
        try
        {
            await stack.EventAsync("/tmp/begun", e => e.ContainerId == name && e.Kind == "exec", "the flood's beginning");
            var overtook = 0;
            while ((await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Kind = "exec", Text = "/tmp/ended", PageSize = 1 })).Events.Count == 0)
            {
                var marker = Ask.Marker(stack);
                var started = Stopwatch.StartNew();
                await Ask.RunAsync(marker);
                await stack.EventAsync(marker, e => e.Kind == "exec", "an exec elsewhere during the flood");
                TestContext.Current.TestOutputHelper?.WriteLine($"an exec elsewhere was there after {started.Elapsed.TotalMilliseconds:0} ms");
                overtook++;
            }

            Assert.True(overtook > 0, "the flood was over before anything else was done");
            var agent = await CollectorClient.UntilAsync(
                async () => (await stack.Client.Query.GetStatusAsync(new GetStatusRequest())).Agents[0].Counters,
                counters => counters.GetValueOrDefault("queue.length") == 0 && counters.GetValueOrDefault("stream.unacknowledged") == 0 && counters.GetValueOrDefault("queue.posted") > 0,
                Machine.Soon,
                "an agent that has delivered everything");
            var events = await AllAsync(stack, name);
            var delivered = events.Where(e => e.Kind == "file" && e.Details["path"].StartsWith("/srv/", StringComparison.Ordinal)).ToList();
            var lost = events.Where(e => e.Kind == "loss" && e.Details["kind"] == "file").ToList();
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Files:#,0} files: {Sum(delivered):#,0} delivered in {delivered.Count:#,0} rows, lost {string.Join(", ", lost.GroupBy(e => e.Details["reason"]).Select(g => $"{Sum(g):#,0} {g.Key}"))}");
            Assert.Equal((ulong)Files, Sum(delivered) + Sum(lost));
            // Repeats and exits go before first sights, and first sights of files before those of programs.
            Assert.Equal(0ul, agent["queue.dropped.NewProcess"]);
        }
        finally
        {
            await Command.TryAsync("runc", "--root", state, "delete", "--force", name);
            await runc.DisposeAsync();
        }
    }

    private static ulong Sum(IEnumerable<Event> events) => events.Aggregate(0ul, (sum, e) => sum + e.Count);

    private static async Task<List<Event>> AllAsync(RuntimeStack stack, string name)
    {
        var events = new List<Event>();
        var token = "";
        do
        {
            var page = await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Scope = $"default/-/Container/{name}/-", PageSize = 1000, PageToken = token });
            events.AddRange(page.Events);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return events;
    }
}
