using Runtime.Collector.Nodes;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.V1;
using Xunit;

namespace Runtime.Cli.Tests;

public sealed class AgentsCommandTests
{
    [Fact]
    public async Task Agents_ForPeople_SaysWhoIsBlind()
    {
        await using var collector = await StartAsync();

        var run = await CliRun.OfAsync(collector, "agents");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, line => line.StartsWith("node1  connected  blind: exec", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.StartsWith("node2  stopped    -", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Agents_OfNodesThatDoNotSee_LeavesOutTheOthers()
    {
        await using var collector = await StartAsync();
        collector.Store.Sight["a1"] = [new SightView("exec", Sample.Noon, false, "")];
        collector.Store.Statuses["a2"] = new AgentStatus();

        var all = await CliRun.OfAsync(collector, "agents --blind");

        Assert.Equal("Every node sees (2 agents).", all.Lines[0]);
    }

    [Fact]
    public async Task AgentsShow_OfANode_NamesProofsLossesAndCounters()
    {
        await using var collector = await StartAsync();

        var run = await CliRun.OfAsync(collector, "agents show node1");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, line => line.StartsWith("exec      blind", StringComparison.Ordinal) && line.EndsWith("the kernel did not run hook exec", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.StartsWith("write     sees", StringComparison.Ordinal) && line.Contains("97.5 %", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.StartsWith("412   file  ring_full", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.StartsWith("capture.exec.seen", StringComparison.Ordinal) && line.EndsWith("1,234", StringComparison.Ordinal));
        Assert.Contains("2 (proc connector, fanotify and sock_diag): no BTF", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AgentsShow_OfAnUnknownNode_SaysWhatToDo()
    {
        await using var collector = await StartAsync();

        var run = await CliRun.OfAsync(collector, "agents show node9");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("NODE is \"node9\": no agent has this node or id", run.Error, StringComparison.Ordinal);
    }

    private static async Task<TestCollector> StartAsync()
    {
        var collector = await TestCollector.StartAsync();
        collector.Store.Agents.Add(new("a1", "default", "node1", "0.1.0", "6.1.0", Sample.Noon, 7) { Losses = [new("file", "ring_full", 412, Sample.Noon, Sample.Noon)] });
        collector.Store.Agents.Add(new("a2", "default", "node2", "0.1.0", "6.1.0", Sample.Noon, 7) { IsStopped = true });
        collector.Store.Statuses["a1"] = new AgentStatus
        {
            Hooks = { new V1.Hook { Name = "exec", Attached = true } }, Counters = { ["capture.exec.seen"] = 1234 }, Rung = 2, RungReason = "no BTF", Coverage = { ["write"] = 0.975 },
        };
        collector.Store.Sight["a1"] = [new SightView("exec", Sample.Noon, true, "the kernel did not run hook exec"), new SightView("write", Sample.Noon, false, "")];
        return collector;
    }
}
