using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class DeviationsCommand
{
    public static Command Create(CommonOptions common, Terminal terminal) =>
        new("deviations", "Behaviours outside a baseline, one by one") { List(common, terminal), Approve(common, terminal) };

    private static Command List(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions("exec", "edge", "file_write", "file_read", "egress", "listen", "name", "privilege", "binary", "loading", "managed", "image", "resource", "tier0");
        var command = new Command("list", "Newest first")
        {
            list.Scope, list.Kind, list.Severity, list.Since, list.Until, list.TextFilter, list.Limit, list.PageToken, list.All, list.FailOnAny,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new ListDeviationsRequest
            {
                Scope = parsed.GetValue(list.Scope),
                Kind = parsed.GetValue(list.Kind),
                MinSeverity = ListOptions.SeverityOf(parsed.GetValue(list.Severity)!),
                Since = ListOptions.TimeOf(parsed, list.Since, terminal.Time),
                Until = ListOptions.TimeOf(parsed, list.Until, terminal.Time),
                Text = parsed.GetValue(list.TextFilter),
            };
            var (rows, next) = await list.PagesAsync<Deviation>(parsed, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var page = await connection.AskAsync((query, options) => query.ListDeviationsAsync(request, options), stop);
                return (page.Deviations, page.NextPageToken);
            });
            var form = common.FormOf(parsed);
            if (form == Form.Table && rows.Count == 0)
            {
                await EmptyList.WriteAsync(connection, terminal, "deviation", list.Filtered(parsed), stop);
            }
            else
            {
                Answer.Write(terminal, form, new ListDeviationsResponse { Deviations = { rows }, NextPageToken = next }, () => Write(terminal, rows, next));
            }

            return rows.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static Command Approve(CommonOptions common, Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "The deviation's id or its first characters (4 or more)" };
        var note = new Option<string>("--note") { Description = "Why; kept with your name and the time", HelpName = "WORDS", DefaultValueFactory = _ => "" };
        var command = new Command("approve", "Adds the behaviour to the deployment's baseline") { id, note };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var deviation = await connection.AskAsync((query, options) => query.ApproveDeviationAsync(new() { Id = parsed.GetValue(id), Note = parsed.GetValue(note) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), deviation, () =>
                terminal.Out.WriteLine($"Approved: {Page.Safe($"{deviation.Kind} {deviation.Key}")} is now part of the baseline of {Page.Safe(Words.Scope(deviation.ScopeId))}."));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, List<Deviation> deviations, string next)
    {
        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("ID"), new("SEVERITY"), new("STATE"), new("DEPLOYMENT", Flexible: true), new("KIND"), new("WHAT", Flexible: true), new("SEEN", Right: true), new("FIRST SEEN"));
        foreach (var deviation in deviations)
        {
            table.Add(
                Words.ShortId(deviation.Id), new Cell(Words.Of(deviation.Severity), InkExtensions.Of(deviation.Severity)), new Cell(deviation.State, InkExtensions.OfState(deviation.State)),
                Words.Scope(deviation.ScopeId), deviation.Kind, deviation.Title, Words.Number(deviation.Count), Words.Ago(deviation.Time, now));
        }

        table.Write(terminal);
        Answer.WriteMore(terminal, next);
    }
}
