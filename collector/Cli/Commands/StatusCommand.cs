using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class StatusCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var command = new Command("status", "Collector, agents, what waits, what is missing");
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var status = await connection.AskAsync((query, options) => query.GetStatusAsync(new(), options), stop);
            Answer.Write(terminal, common.FormOf(parsed), status, () => Write(terminal, status));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, GetStatusResponse status)
    {
        var now = terminal.Time.GetUtcNow();
        var facts = new TextTable(new Column(""), new Column("", Flexible: true));
        facts.Add("Collector", $"{status.Version}, up {Words.Span(now - status.Started.ToDateTimeOffset())}");
        facts.Add("Deployments", $"{Words.Number(status.Deployments)}{(status.Deployments > 0 ? " (runtimectl deployments)" : "")}");
        facts.Add("Open incidents", new Cell(Words.Number(status.OpenIncidents) + (status.OpenIncidents > 0 ? " (runtimectl incidents list --state open)" : ""), status.OpenIncidents > 0 ? Ink.Yellow : Ink.None));
        facts.Add("Events", $"{Words.Number(status.EventsStored)} stored, {Words.Number(status.EventsWaiting)} waiting to be judged");
        facts.Add("Alerts waiting", Words.Number(status.OutboxWaiting));
        foreach (var removed in status.RemovedNotifiers)
        {
            facts.Add("", new Cell($"removed notifier {removed.Name}: {Words.Count(removed.Waiting, "message")} waiting", Ink.Yellow));
        }

        if (status.Rules is { } rules)
        {
            facts.Add("Rules", $"{rules.Source} ({rules.Fingerprint})");
            if (rules.Refused.Length > 0)
            {
                facts.Add("", new Cell($"older rules are in force: {rules.Refused}", Ink.Yellow));
            }
        }

        facts.Add("Store", Words.Bytes(status.StoreBytes));
        facts.Write(terminal);
        terminal.Out.WriteLine();

        if (status.Agents.Count == 0)
        {
            terminal.Out.WriteLine("No agent has connected yet. Start one on each node: agent run (agent check says what the node offers).");
            return;
        }

        AgentsCommand.WriteTable(terminal, status.Agents);
        WriteMissingHooks(terminal, status);
    }

    private static void WriteMissingHooks(Terminal terminal, GetStatusResponse status)
    {
        var missing = new TextTable(new("NODE"), new("HOOK"), new("NOT SEEN WITHOUT IT", Flexible: true), new("WHY", Flexible: true));
        foreach (var (agent, hook) in status.Agents.SelectMany(agent => agent.Hooks.Where(hook => !hook.Attached && hook.Loses.Length > 0).Select(hook => (agent, hook))))
        {
            missing.Add(agent.Node, hook.Name, hook.Loses, hook.Reason);
        }

        if (missing.Count > 0)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine("Missing sight:");
            missing.Write(terminal);
        }
    }
}
