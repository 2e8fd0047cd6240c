using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class DeploymentsCommand
{
    private static readonly string[] _groups = ["process", "file", "egress", "listen"];

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions();
        var command = new Command("deployments", "What has a baseline, and how far it is learnt") { list.TextFilter, list.Limit, list.PageToken, list.All };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var (rows, next) = await list.PagesAsync<Deployment>(parsed, async (size, token) =>
            {
                var page = await connection.AskAsync((query, options) => query.ListDeploymentsAsync(new() { PageSize = size, PageToken = token, Text = parsed.GetValue(list.TextFilter) }, options), stop);
                return (page.Deployments, page.NextPageToken);
            });
            Answer.Write(terminal, common.FormOf(parsed), new ListDeploymentsResponse { Deployments = { rows }, NextPageToken = next }, () =>
            {
                if (rows.Count == 0)
                {
                    terminal.Out.WriteLine(list.Filtered(parsed)
                        ? "No deployment matches."
                        : "No deployments yet: no agent has reported a container. See runtimectl status.");
                    return;
                }

                Write(terminal, rows);
                Answer.WriteMore(terminal, next);
            });
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, List<Deployment> deployments)
    {
        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("DEPLOYMENT", Flexible: true), new("PROCESS"), new("FILE"), new("EGRESS"), new("LISTEN"),
            new("ITEMS", Right: true), new("REPLICAS", Right: true), new("OPEN", Right: true), new("BUDGET", Right: true), new("LAST SEEN"), new("BUDGET BY", Flexible: true));
        foreach (var deployment in deployments)
        {
            table.Add([
                Words.Scope(deployment.ScopeId),
                .. _groups.Select(kind => State(deployment.Groups.FirstOrDefault(group => group.Kind == kind)?.State ?? "-")),
                Words.Number(deployment.Items),
                $"{deployment.Replicas}",
                new Cell(Words.Number(deployment.OpenIncidents), deployment.OpenIncidents > 0 ? Ink.Yellow : Ink.None),
                deployment.AlertBudgetSetting.Length > 0 ? Words.Number(deployment.AlertBudget) : "-",
                Words.Ago(deployment.LastSeen, now),
                deployment.AlertBudgetSetting,
            ]);
        }

        table.Write(terminal);
    }

    private static Cell State(string state) => new(state, InkExtensions.OfState(state));
}
