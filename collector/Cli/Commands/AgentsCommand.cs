using System.CommandLine;
using System.Globalization;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class AgentsCommand
{
    /// <summary>Losses shown of one agent, newest first.</summary>
    private const int RecentLosses = 20;

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var command = new Command("agents", "Which nodes are watched, what each sees, and what it missed");
        var list = new Command("list", "One line a node");
        var blind = new Option<bool>("--blind") { Description = "Only nodes that do not see: blind, away, or with a hook missing" };
        list.Options.Add(blind);
        command.Options.Add(blind);
        list.SetAction((parsed, stop) => ListAsync(common, terminal, parsed, parsed.GetValue(blind), stop));
        command.SetAction((parsed, stop) => ListAsync(common, terminal, parsed, parsed.GetValue(blind), stop));

        var name = new Argument<string>("NODE") { Description = "The node's name, or the beginning of the agent's id" };
        var show = new Command("show", "Proofs of sight, losses and counters of one agent") { name };
        show.SetAction((parsed, stop) => ShowAsync(common, terminal, parsed, parsed.GetValue(name)!, stop));
        command.Add(list);
        command.Add(show);
        return command;
    }

    /// <summary>Also what "status" shows.</summary>
    public static void WriteTable(Terminal terminal, IEnumerable<AgentSummary> agents)
    {
        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("NODE", Flexible: true), new("STATE"), new("SIGHT"), new("LAST SEEN"), new("LOST", Right: true), new("HOOKS"), new("CONTAINERS", Right: true), new("VERSION", Flexible: true), new("KERNEL", Flexible: true), new("AGENT", Flexible: true));
        foreach (var agent in agents)
        {
            // A call that this kernel does not have is nothing that is missing.
            var needed = agent.Hooks.Where(hook => hook.Attached || hook.Loses.Length > 0).ToList();
            var attached = needed.Count(hook => hook.Attached);
            table.Add(
                agent.Node, State(agent), Sight(agent), Words.Ago(agent.LastSeen, now),
                new Cell(Words.Number(agent.Lost), agent.Lost > 0 ? Ink.Yellow : Ink.None),
                agent.Hooks.Count == 0 ? "-" : new Cell($"{attached}/{needed.Count}", IsMissingHook(agent) ? Ink.Yellow : Ink.None),
                agent.Hooks.Count == 0 ? "-" : Words.Number((ulong)agent.Containers),
                agent.Version, agent.KernelRelease, Words.ShortId(agent.AgentId));
        }

        table.Write(terminal);
    }

    private static async Task<int> ListAsync(CommonOptions common, Terminal terminal, ParseResult parsed, bool onlyBlind, CancellationToken stop)
    {
        using var connection = common.Connect(parsed);
        var status = await connection.AskAsync((query, options) => query.GetStatusAsync(new(), options), stop);
        var agents = status.Agents.Where(agent => !onlyBlind || IsBlind(agent) || !agent.Connected || IsMissingHook(agent)).ToList();
        Answer.Write(terminal, common.FormOf(parsed), new GetStatusResponse { Agents = { agents } }, () =>
        {
            if (agents.Count > 0)
            {
                WriteTable(terminal, agents);
            }
            else
            {
                terminal.Out.WriteLine(onlyBlind && status.Agents.Count > 0
                    ? $"Every node sees ({Words.Count((ulong)status.Agents.Count, "agent")})."
                    : "No agent has connected yet. Start one on each node: agent run (agent check says what the node offers).");
            }
        });
        return ExitCode.Ok;
    }

    private static async Task<int> ShowAsync(CommonOptions common, Terminal terminal, ParseResult parsed, string name, CancellationToken stop)
    {
        using var connection = common.Connect(parsed);
        var status = await connection.AskAsync((query, options) => query.GetStatusAsync(new(), options), stop);
        var found = status.Agents.Where(agent => agent.Node == name || agent.AgentId.StartsWith(name, StringComparison.Ordinal)).ToList();
        if (found is not [var agent])
        {
            await terminal.Error.WriteLineAsync(found.Count == 0
                ? $"runtimectl: NODE is \"{name}\": no agent has this node or id; runtimectl agents lists them"
                : $"runtimectl: NODE is \"{name}\": {found.Count} agents match ({string.Join(", ", found.Select(match => $"{match.Node} {Words.ShortId(match.AgentId)}"))}); give more of the id");
            return found.Count == 0 ? ExitCode.NotFound : ExitCode.Usage;
        }

        var losses = await connection.AskAsync((query, options) => query.ListEventsAsync(new() { Kind = "loss", Text = agent.Node, PageSize = RecentLosses }, options), stop);
        Answer.Write(terminal, common.FormOf(parsed), agent, () => Write(terminal, agent, losses.Events));
        return ExitCode.Ok;
    }

    private static void Write(Terminal terminal, AgentSummary agent, IEnumerable<Event> losses)
    {
        var now = terminal.Time.GetUtcNow();
        var facts = new TextTable(new Column(""), new Column("", Flexible: true));
        facts.Add("Node", $"{agent.Node} in {agent.Cluster}");
        facts.Add("Agent", $"{agent.AgentId}, version {agent.Version}, kernel {agent.KernelRelease}");
        facts.Add("State", State(agent) with { Text = $"{State(agent).Text}, last word {Words.Ago(agent.LastSeen, now)}" });
        if (agent.Rung > 0)
        {
            facts.Add("Rung", $"{agent.Rung} ({RungName(agent.Rung)}){(agent.RungReason.Length > 0 ? ": " + agent.RungReason : "")}");
        }

        if (agent.Hooks.Count > 0)
        {
            facts.Add("Containers", $"{agent.Containers}{(agent.ContainersIncomplete > 0 ? $", {agent.ContainersIncomplete} of them without pod and image yet" : "")}");
            facts.Add("Queue", $"{Words.Number(agent.QueueLength)} of {Words.Number(agent.QueueCapacity)}");
            facts.Add("Costs", $"{Words.Bytes(agent.ResidentBytes)}, {TimeSpan.FromMilliseconds(agent.CpuNs / 1e6).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s of CPU");
        }

        facts.Write(terminal);
        WriteSight(terminal, agent, now);
        WriteMissingHooks(terminal, agent);
        WriteLosses(terminal, agent, losses);
        var counters = new TextTable(new("COUNTER"), new("SINCE ITS START", Right: true));
        foreach (var (counter, value) in agent.Counters.Where(counter => counter.Value > 0).OrderBy(counter => counter.Key, StringComparer.Ordinal))
        {
            counters.Add(counter, Words.Number(value));
        }

        WriteSection(terminal, "Counters:", counters);
    }

    private static void WriteSight(Terminal terminal, AgentSummary agent, DateTimeOffset now)
    {
        if (agent.Sight.Count == 0)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine("It makes no probes of its own sight (Sight:Interval is 0), or was not heard of since the collector started.");
            return;
        }

        var sight = new TextTable(new("SIGHT OF"), new("STATE"), new("LAST PROVEN"), new("COVERAGE", Right: true), new("WHY NOT", Flexible: true));
        foreach (var kind in agent.Sight)
        {
            sight.Add(
                kind.Kind, kind.Blind ? new Cell("blind", Ink.Red) : new Cell("sees", Ink.Green), Words.MomentAndAgo(kind.LastSeen, now),
                agent.Coverage.TryGetValue(kind.Kind, out var share) ? share.ToString("0.0 %", CultureInfo.InvariantCulture) : "-", kind.Reason);
        }

        WriteSection(terminal, "Probes:", sight);
    }

    private static void WriteMissingHooks(Terminal terminal, AgentSummary agent)
    {
        var missing = new TextTable(new("HOOK"), new("NOT SEEN WITHOUT IT", Flexible: true), new("WHY", Flexible: true));
        foreach (var hook in agent.Hooks.Where(hook => !hook.Attached))
        {
            missing.Add(hook.Name, hook.Loses.Length > 0 ? hook.Loses : "nothing", hook.Reason);
        }

        WriteSection(terminal, "Hooks that are not attached:", missing);
    }

    private static void WriteLosses(Terminal terminal, AgentSummary agent, IEnumerable<Event> losses)
    {
        var totals = new TextTable(new("LOST"), new("KIND"), new("REASON"), new("FIRST"), new("LAST"));
        foreach (var loss in agent.Losses)
        {
            totals.Add(Words.Number(loss.Count), loss.Kind, loss.Reason, Words.Moment(loss.FirstSeen), Words.Moment(loss.LastSeen));
        }

        WriteSection(terminal, "Lost since it is known:", totals);
        var recent = new TextTable(new("TIME"), new("DEPLOYMENT", Flexible: true), new("POD", Flexible: true), new("WHAT", Flexible: true));
        foreach (var loss in losses.Where(loss => loss.Node == agent.Node))
        {
            recent.Add(Words.Moment(loss.LastSeen), Words.Scope(loss.ScopeId), loss.PodName.Length > 0 ? loss.PodName : Words.ShortId(loss.ContainerId), loss.Summary);
        }

        WriteSection(terminal, "Lost lately:", recent);
    }

    private static void WriteSection(Terminal terminal, string title, TextTable table)
    {
        if (table.Count > 0)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(title);
            table.Write(terminal);
        }
    }

    private static Cell State(AgentSummary agent) =>
        agent.Connected ? new("connected", Ink.Green) : agent.Stopped ? new("stopped", Ink.Yellow) : new("away", Ink.Red);

    private static Cell Sight(AgentSummary agent) => agent.Sight.Count == 0 ? new Cell("-")
        : IsBlind(agent) ? new Cell($"blind: {string.Join(", ", agent.Sight.Where(kind => kind.Blind).Select(kind => kind.Kind))}", Ink.Red)
        : new Cell("proven", Ink.Green);

    private static bool IsBlind(AgentSummary agent) => agent.Sight.Any(kind => kind.Blind);

    /// <summary>A call that the kernel does not have loses nothing.</summary>
    private static bool IsMissingHook(AgentSummary agent) => agent.Hooks.Any(hook => !hook.Attached && hook.Loses.Length > 0);

    private static string RungName(uint rung) => rung switch
    {
        1 => "eBPF",
        2 => "proc connector, fanotify and sock_diag",
        _ => "scans of /proc",
    };
}
