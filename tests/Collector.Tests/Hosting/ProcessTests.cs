using Grpc.Core;
using Grpc.Net.Client;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Hosting;

/// <summary>The whole program: real store, scopes, doors and signals.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _folder = TestCollector.MakeFolder();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Road_FromAnAgentsBatch_ToAnIncidentThatAPersonCloses()
    {
        await using var collector = await CollectorProcess.StartAsync(_folder);
        using var channel = collector.Channel();
        var query = new V1.Query.QueryClient(channel);
        using var agent = await AgentCall.OpenAsync(channel, Stop);

        await agent.ExecAsync("/usr/bin/true", memfd: false, Stop);
        await agent.ExecAsync("/memfd:x", memfd: true, Stop);
        var incident = await IncidentAsync(query);

        var deployment = (await query.ListDeploymentsAsync(new(), cancellationToken: Stop)).Deployments.Single();
        var baseline = await query.GetBaselineAsync(new() { Scope = "shop/web" }, cancellationToken: Stop);
        var events = await query.ListEventsAsync(new() { PageSize = 1, Scope = "shop/web" }, cancellationToken: Stop);
        var rest = await query.ListEventsAsync(new() { PageSize = 1, Scope = "shop/web", PageToken = events.NextPageToken }, cancellationToken: Stop);
        var detail = await query.GetIncidentAsync(new() { Id = incident.Id[..8] }, cancellationToken: Stop);
        var closed = await query.CloseIncidentAsync(new() { Id = incident.Id, Verdict = "benign", Note = "a test" }, cancellationToken: Stop);

        Assert.Equal(("shop", "web", "app"), (deployment.Namespace, deployment.OwnerName, deployment.Container));
        Assert.Contains(baseline.Items, item => item.Key.Contains("/usr/bin/true", StringComparison.Ordinal));
        Assert.Equal(["/memfd:x", "/usr/bin/true"], events.Events.Concat(rest.Events).Select(happened => happened.Lineage[0].Binary));
        Assert.Contains("memfd", detail.Deviations[0].Lineage[0].Flags);
        Assert.Contains("/memfd:x", detail.ProcessTree, StringComparison.Ordinal);
        Assert.Equal("closed", closed.State);
        Assert.EndsWith("(uid 0)", closed.Audit[^1].Who, StringComparison.Ordinal);
        var status = await query.GetStatusAsync(new(), cancellationToken: Stop);
        Assert.True(status.Agents.Single().Connected);
        Assert.Equal((1UL, 0UL, 2UL), (status.Deployments, status.OpenIncidents, status.EventsStored));
    }

    [Fact]
    public async Task Approved_IsPartOfTheBaseline_AlsoAfterARestart()
    {
        await using (var collector = await CollectorProcess.StartAsync(_folder))
        {
            using var channel = collector.Channel();
            var query = new V1.Query.QueryClient(channel);
            using var agent = await AgentCall.OpenAsync(channel, Stop);
            await agent.ExecAsync("/memfd:x", memfd: true, Stop);
            var incident = await IncidentAsync(query);
            var approved = await query.ApproveIncidentAsync(new() { Id = incident.Id, Note = "ours" }, cancellationToken: Stop);
            Assert.Equal("approved", approved.State);
            Assert.All(approved.Deviations, deviation => Assert.Equal("approved", deviation.State));
            await collector.SignalAsync("KILL");
        }

        await using var again = await CollectorProcess.StartAsync(_folder);
        using var secondChannel = again.Channel();
        var baseline = await new V1.Query.QueryClient(secondChannel).GetBaselineAsync(new() { Scope = "web" }, cancellationToken: Stop);
        Assert.Contains(baseline.Items, item => item.State == "approved" && item.ApprovedBy.EndsWith("(uid 0)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task KillDashNine_LosesNothingThatWasAcknowledged_AndStartsOverTheDeadSocket()
    {
        const int Batches = 20;
        await using (var collector = await CollectorProcess.StartAsync(_folder))
        {
            using var channel = collector.Channel();
            using var agent = await AgentCall.OpenAsync(channel, Stop);
            for (var i = 0; i < Batches; i++)
            {
                await agent.ExecAsync($"/usr/bin/tool{i}", memfd: false, Stop);
            }

            Assert.Equal(137, await collector.SignalAsync("KILL"));
            Assert.True(File.Exists(collector.Socket));
        }

        await using var again = await CollectorProcess.StartAsync(_folder);
        using var secondChannel = again.Channel();
        using var returned = await AgentCall.OpenAsync(secondChannel, Stop);
        var query = new V1.Query.QueryClient(secondChannel);

        Assert.Equal((ulong)Batches, returned.Known);
        await returned.ExecAsync("/usr/bin/one-more", memfd: false, Stop);
        var baseline = await UntilAsync(() => query.GetBaselineAsync(new() { Scope = "web" }, cancellationToken: Stop), found => found.Items.Any(item => item.Key.Contains("one-more", StringComparison.Ordinal)));
        Assert.Equal(Batches + 1, baseline.Items.Count(item => item.Kind == "exec"));
        Assert.Equal((ulong)Batches + 1, (await query.GetStatusAsync(new(), cancellationToken: Stop)).EventsStored);
    }

    [Fact]
    public async Task Sigterm_WithAnOpenStream_EndsIt_AndEndsWith0()
    {
        await using var collector = await CollectorProcess.StartAsync(_folder);
        using var channel = collector.Channel();
        using var agent = await AgentCall.OpenAsync(channel, Stop);
        using var follow = new V1.Query.QueryClient(channel).FollowEvents(new(), cancellationToken: Stop);
        await follow.ResponseHeadersAsync;
        await agent.ExecAsync("/usr/bin/true", memfd: false, Stop);
        Assert.True(await follow.ResponseStream.MoveNext(Stop));

        var ended = agent.EndAsync(Stop);
        var code = await collector.SignalAsync("TERM");

        Assert.Equal(0, code);
        Assert.Equal(StatusCode.Unavailable, await ended);
        Assert.False(File.Exists(collector.Socket));
        Assert.True(!collector.Output.Contains("fail: ", StringComparison.Ordinal) && !collector.Output.Contains("crit: ", StringComparison.Ordinal), collector.Output);
    }

    [Fact]
    public async Task Health_IsToldByTheProgramItself()
    {
        await using var collector = await CollectorProcess.StartAsync(_folder);
        Assert.Equal((0, "Healthy"), await CollectorProcess.RunAsync("health", $"--Listen:Socket={collector.Socket}"));
        Assert.Equal(1, (await CollectorProcess.RunAsync("health", "--Listen:Socket=/tmp/there-is-none.sock")).ExitCode);
    }

    [Fact]
    public async Task Start_SaysWhatIsOnAndOff()
    {
        await using var collector = await CollectorProcess.StartAsync(_folder);
        Assert.Contains("Network: off, Listen:Tcp is not set", collector.Output, StringComparison.Ordinal);
        Assert.Contains("Notifiers: none", collector.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OpensNothingOnTheNetwork()
    {
        await using var collector = await CollectorProcess.StartAsync(_folder);
        Assert.Empty(Listening(collector.Pid));
    }

    [Fact]
    public async Task Start_WithWrongSettings_EndsWith2AndNamesAll()
    {
        var (exitCode, output) = await CollectorProcess.RunAsync("run", "--Listen:Tcp=0.0.0.0:8443", "--Storage:Path=relative.db", "--Lisen:Socket=/x", "--Ingest:MaxAgents=0");
        Assert.Equal(2, exitCode);
        foreach (var words in new[] { "Listen:Certificate", "Listen:Key", "Listen:ClientCa", "Storage", "did you mean Listen", "MaxAgents" })
        {
            Assert.Contains(words, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_WithAGroupThatIsNot_EndsWith2()
    {
        var (exitCode, output) = await CollectorProcess.RunAsync($"--Listen:Socket={_folder}/c.sock", $"--Storage:Path={_folder}/c.db", "--Listen:Group=no-such-group-here");
        Assert.Equal(2, exitCode);
        Assert.Contains("Listen:Group = \"no-such-group-here\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_BesideALivingOne_EndsWith2AndNamesThePid()
    {
        await using var collector = await CollectorProcess.StartAsync(_folder);
        var (exitCode, output) = await CollectorProcess.RunAsync($"--Listen:Socket={collector.Socket}", $"--Storage:Path={_folder}/other/c.db");
        Assert.Equal(2, exitCode);
        Assert.Contains($"(pid {collector.Pid})", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_ShowsValuesOriginsAndNoSecret()
    {
        var file = Path.Combine(_folder, "c.json");
        await File.WriteAllTextAsync(file, """{"Notifiers":[{"Name":"slack","Kind":"Slack","Url":"https://hooks.example.org/services/SECRET"}]}""", Stop);
        var (exitCode, output) = await CollectorProcess.RunAsync("config", "--config", file, "--Listen:Group=ops");
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("SECRET", output, StringComparison.Ordinal);
        Assert.Matches(@"Notifiers:0:Url +\(not shown\) +in .*c\.json", output);
        Assert.Matches(@"Listen:Group +ops +command line", output);
        Assert.Matches(@"Storage:EventRetention +30d +default", output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<Incident> IncidentAsync(V1.Query.QueryClient query) =>
        (await UntilAsync(() => query.ListIncidentsAsync(new() { State = "open" }, cancellationToken: Stop), page => page.Incidents.Count > 0)).Incidents[0];

    /// <summary>Between the acknowledgement and the scope's judgement lies no event that a caller could wait for.</summary>
    private static async Task<T> UntilAsync<T>(Func<AsyncUnaryCall<T>> ask, Func<T, bool> done)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var answer = await ask();
            if (done(answer))
            {
                return answer;
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Inodes of listening TCP sockets (state 0A of /proc/net/tcp) that the process holds.</summary>
    private static IEnumerable<string> Listening(int pid)
    {
        var held = Directory.EnumerateFiles($"/proc/{pid}/fd").Select(file => new FileInfo(file).LinkTarget).ToHashSet();
        return new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadLines($"/proc/{pid}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A" && held.Contains($"socket:[{fields[9]}]"))
            .Select(fields => fields[1]);
    }
}
