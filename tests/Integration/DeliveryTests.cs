using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>Nothing that was acknowledged is lost, whoever dies.</summary>
public sealed class DeliveryTests
{
    [Fact(Timeout = Machine.Limit)]
    public async Task Events_FromBeforeTheCollectorStarted_Arrive()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(2, "what lives for a millisecond ends between two looks at /proc");
        await using var stack = RuntimeStack.Prepare(options);
        stack.LaunchAgent();
        await CollectorClient.UntilAsync(() => Task.FromResult(stack.Agent!.Output), output => output.Contains("collector", StringComparison.OrdinalIgnoreCase), Machine.Soon, "the agent tells that the collector is not there");
        var marker = Ask.Marker(stack);
        await Ask.RunAsync(marker);

        await stack.StartCollectorAsync();

        await stack.EventAsync(marker, e => e.Kind == "exec", "the exec from before the collector");
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Collector_KilledAgainAndAgain_HasEveryEventOnce()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(2, "what lives for a millisecond ends between two looks at /proc");
        await using var stack = await RuntimeStack.StartAsync(options);
        var markers = new List<string>();
        for (var kill = 0; kill < 5; kill++)
        {
            for (var i = 0; i < 20; i++)
            {
                markers.Add(Ask.Marker(stack));
                await Ask.RunAsync(markers[^1]);
            }

            await stack.Collector!.KillAsync();
            await stack.StartCollectorAsync();
        }

        foreach (var marker in markers)
        {
            await stack.EventAsync(marker, e => e.Kind == "exec" && e.Lineage[0].Binary == marker, "a marker from around a kill");
            var events = await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Text = marker, Kind = "exec", PageSize = 1000 });
            Assert.Equal(1ul, events.Events.Where(e => e.Lineage[0].Binary == marker).Aggregate(0ul, (sum, e) => sum + e.Count));
        }
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Agent_KilledAndStarted_GoesOn()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(2, "what lives for a millisecond ends between two looks at /proc");
        await using var stack = await RuntimeStack.StartAsync(options);
        await stack.Agent!.KillAsync();

        await stack.StartAgentAsync();

        var marker = Ask.Marker(stack);
        await Ask.RunAsync(marker);
        await stack.EventAsync(marker, e => e.Kind == "exec", "an exec after the agent's death");
        Assert.Single((await stack.Client.Query.GetStatusAsync(new GetStatusRequest())).Agents);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Stack_ToldToStop_EndsCleanly()
    {
        var options = Machine.OptionsOrSkip();
        await using var stack = await RuntimeStack.StartAsync(options);

        Assert.Equal((0, 0), await stack.StopAsync());
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Programs_OnOneMachine_ListenOnNothingOfTheNetwork()
    {
        var options = Machine.OptionsOrSkip();
        await using var stack = await RuntimeStack.StartAsync(options);

        Assert.Empty(Listening(stack.Collector!.Pid));
        Assert.Empty(Listening(stack.Agent!.Pid));
    }

    // /proc/PID/net/tcp:  sl local_address rem_address st … inode:  "0: 0100007F:1F90 00000000:0000 0A … 12345 …"; 0A is LISTEN. UDP sockets that are bound have 07.
    private static List<string> Listening(int pid)
    {
        var own = Directory.EnumerateFiles($"/proc/{pid}/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "").Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).ToHashSet();
        Assert.NotEmpty(own);
        return [.. new[] { "tcp", "tcp6", "udp", "udp6" }
            .SelectMany(table => File.ReadLines($"/proc/{pid}/net/{table}").Skip(1))
            .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var columns && columns[3] is "0A" or "07" && own.Contains($"socket:[{columns[9]}]"))];
    }
}
