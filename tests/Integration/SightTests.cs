using Runtime.Stack;
using Runtime.V1;
using Tmds.Linux;

namespace Runtime.Integration;

/// <summary>Who makes an agent blind or silent is reported, from the kernel to the incident.</summary>
public sealed class SightTests
{
    /// <summary>Kinds that the rung proves.</summary>
    private static int Kinds => Machine.Rung switch { 1 => 3, 2 => 2, _ => 1 };

    [Fact(Timeout = Machine.Limit)]
    public async Task Agent_ThatSees_IsProvenAtTheCollector()
    {
        await using var stack = await StartAsync();

        var agent = await AgentAsync(stack, agent => agent.Sight.Count == Kinds && agent.Sight.All(kind => !kind.Blind && kind.Reason.Length == 0) && agent.Counters.GetValueOrDefault("sight.exec.seen") > 1, "three proofs of sight");

        if (Machine.Rung == 1)
            Assert.All(agent.Counters.Where(counter => counter.Key.StartsWith("sight.", StringComparison.Ordinal) && counter.Key.EndsWith(".missed", StringComparison.Ordinal)), counter => Assert.Equal(0ul, counter.Value));
        Assert.Empty((await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Text = "sight-probe" })).Events);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Agent_ThatWasHalted_IsToldAsBlindAndAsBackAgain()
    {
        await using var stack = await StartAsync();
        Assert.Equal(0, LibC.kill(stack.Agent!.Pid, LibC.SIGSTOP));

        var incident = await stack.IncidentAsync("nothing is heard of", "the halted agent's incident");
        Assert.Equal(Severity.Critical, incident.Severity);
        await AgentAsync(stack, agent => agent.Sight.All(kind => kind.Blind), "blind for everything");

        Assert.Equal(0, LibC.kill(stack.Agent.Pid, LibC.SIGCONT));
        await stack.EventAsync("sees agent", e => e.Kind == "sight" && e.Summary.Contains("is heard of again", StringComparison.Ordinal), "sight that came back");
        await AgentAsync(stack, agent => agent.Sight.All(kind => !kind.Blind), "sight that is proven again");
        if (Machine.Rung > 1)
            return;
        await stack.EventAsync("agent", e => e.Kind == "privilege" && e.Summary.EndsWith("sent SIGSTOP to this node's agent", StringComparison.Ordinal), "who halted it");
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Agent_ThatWasKilled_IsTold()
    {
        await using var stack = await StartAsync();
        await stack.Agent!.KillAsync();

        var incident = await stack.IncidentAsync("nothing is heard of", "the killed agent's incident");

        Assert.Contains("its connection broke", incident.Title, StringComparison.Ordinal);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Agent_ThatWasStoppedInOrder_IsShownAndNobodyIsWoken()
    {
        await using var stack = await StartAsync();
        Assert.Equal(0, await stack.Agent!.StopAsync(Machine.Soon));

        await AgentAsync(stack, agent => agent is { Connected: false, Stopped: true }, "an agent that was stopped in order");

        // A collector that starts anew does not wait for it either, and this one has waited as long as for a killed one.
        await using var second = await RuntimeStack.StartAsync(Options());
        await second.Agent!.KillAsync();
        await second.IncidentAsync("nothing is heard of", "an incident that takes as long");
        Assert.Empty((await stack.Client.Query.ListIncidentsAsync(new ListIncidentsRequest { Text = "nothing is heard of" })).Incidents);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Agent_AtWork_HasGivenBackWhatLoadingTook_InAllItsThreads()
    {
        await using var stack = await StartAsync();
        var threads = Directory.GetDirectories($"/proc/{stack.Agent!.Pid}/task").Select(task => File.ReadLines(task + "/status").Where(line => line.Contains(':', StringComparison.Ordinal))
            .ToDictionary(line => line[..line.IndexOf(':', StringComparison.Ordinal)], line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())).ToList();

        // DAC_OVERRIDE, DAC_READ_SEARCH and SYS_PTRACE; BPF too before Linux 5.19, NET_ADMIN and SYS_ADMIN where fanotify watches.
        var kept = 1ul << 1 | 1ul << 2 | 1ul << 19 | Machine.Rung switch { 1 => 1ul << 39, 2 => 1ul << 12 | 1ul << 21, _ => 0 };
        Assert.True(threads.Count > 1);
        Assert.All(threads, thread =>
        {
            Assert.Equal(0ul, Convert.ToUInt64(thread["CapEff"], 16) & ~kept);
            Assert.Equal(0ul, Convert.ToUInt64(thread["CapBnd"], 16) & ~kept);
            Assert.Equal(("2", "1"), (thread["Seccomp"], thread["NoNewPrivs"]));
        });
    }

    private static StackOptions Options() => Machine.OptionsOrSkip() with { ProbeInterval = TimeSpan.FromSeconds(1) };

    private static async Task<RuntimeStack> StartAsync()
    {
        var stack = await RuntimeStack.StartAsync(Options());
        await AgentAsync(stack, agent => agent.Sight.Count == Kinds, "the first probes");
        return stack;
    }

    private static async Task<AgentSummary> AgentAsync(RuntimeStack stack, Func<AgentSummary, bool> fits, string what) =>
        (await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.GetStatusAsync(new GetStatusRequest()).ResponseAsync, status => status.Agents.Count == 1 && fits(status.Agents[0]), Machine.Soon, what)).Agents[0];
}
