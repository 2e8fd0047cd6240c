using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class IncidentsCommand
{
    public static Command Create(CommonOptions common, Terminal terminal) => new("incidents", "Deviations of one cause, as people are told of them")
    {
        List(common, terminal), Show(common, terminal), Close(common, terminal), Approve(common, terminal),
    };

    private static Command List(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions("exec", "edge", "file_write", "file_read", "egress", "listen", "name", "privilege", "binary", "loading", "managed", "image", "resource", "tier0");
        var state = new Option<string>("--state") { Description = "One of open, closed, approved", HelpName = "STATE", DefaultValueFactory = _ => "" }.AcceptOnlyFromAmong("open", "closed", "approved");
        var command = new Command("list", "Newest first")
        {
            list.Scope, list.Kind, list.Severity, list.Since, list.Until, list.TextFilter, state, list.Limit, list.PageToken, list.All, list.FailOnAny,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new ListIncidentsRequest
            {
                Scope = parsed.GetValue(list.Scope),
                Kind = parsed.GetValue(list.Kind),
                MinSeverity = ListOptions.SeverityOf(parsed.GetValue(list.Severity)!),
                Since = ListOptions.TimeOf(parsed, list.Since, terminal.Time),
                Until = ListOptions.TimeOf(parsed, list.Until, terminal.Time),
                Text = parsed.GetValue(list.TextFilter),
                State = parsed.GetValue(state)!,
            };
            var (rows, next) = await list.PagesAsync<Incident>(parsed, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var page = await connection.AskAsync((query, options) => query.ListIncidentsAsync(request, options), stop);
                return (page.Incidents, page.NextPageToken);
            });
            var form = common.FormOf(parsed);
            if (form == Form.Table && rows.Count == 0)
            {
                await EmptyList.WriteAsync(connection, terminal, "incident", list.Filtered(parsed) || parsed.GetValue(state) is { Length: > 0 }, stop);
            }
            else
            {
                Answer.Write(terminal, form, new ListIncidentsResponse { Incidents = { rows }, NextPageToken = next }, () => Write(terminal, rows, next));
            }

            return rows.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(CommonOptions common, Terminal terminal)
    {
        var id = IdArgument();
        var command = new Command("show", "Everything about one: story, processes, reasons, spread, who was told, what next") { id };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var incident = await connection.AskAsync((query, options) => query.GetIncidentAsync(new() { Id = parsed.GetValue(id) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), incident, () => IncidentPage.Write(terminal, incident));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Close(CommonOptions common, Terminal terminal)
    {
        var id = IdArgument();
        var verdict = new Option<string>("--verdict") { Description = "benign, malicious or unknown", HelpName = "VERDICT", Required = true }.AcceptOnlyFromAmong("benign", "malicious", "unknown");
        var note = NoteOption();
        var command = new Command("close", "Ends it with a verdict; the same cause later opens a new one") { id, verdict, note };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var incident = await connection.AskAsync(
                (query, options) => query.CloseIncidentAsync(new() { Id = parsed.GetValue(id), Verdict = parsed.GetValue(verdict), Note = parsed.GetValue(note) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), incident, () =>
                terminal.Out.WriteLine($"Closed {Words.ShortId(incident.Id)} as {parsed.GetValue(verdict)}: {Page.Safe(incident.Title)}"));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Approve(CommonOptions common, Terminal terminal)
    {
        var id = IdArgument();
        var note = NoteOption();
        var command = new Command("approve", "Adds everything in it to the deployment's baseline") { id, note };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var incident = await connection.AskAsync((query, options) => query.ApproveIncidentAsync(new() { Id = parsed.GetValue(id), Note = parsed.GetValue(note) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), incident, () =>
                terminal.Out.WriteLine($"Approved {Words.ShortId(incident.Id)}: {Words.Count((ulong)incident.Deviations.Count, "behaviour is", "behaviours are")} now part of the baseline of {Page.Safe(Words.Scope(incident.ScopeId))}."));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("ID") { Description = "The incident's id or its first characters (4 or more)" };

    private static Option<string> NoteOption() => new("--note") { Description = "Why; kept with your name and the time", HelpName = "WORDS", DefaultValueFactory = _ => "" };

    private static void Write(Terminal terminal, List<Incident> incidents, string next)
    {
        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("ID"), new("SEVERITY"), new("STATE"), new("DEPLOYMENT", Flexible: true), new("WHAT", Flexible: true), new("SEEN", Right: true), new("PODS", Right: true), new("LAST SEEN"));
        foreach (var incident in incidents)
        {
            table.Add(
                Words.ShortId(incident.Id), new Cell(Words.Of(incident.Severity), InkExtensions.Of(incident.Severity)), new Cell(incident.MutedBy.Count > 0 ? incident.State + ", muted" : incident.State, InkExtensions.OfState(incident.State)),
                Words.Scope(incident.ScopeId), incident.Title, Words.Number(incident.Count), $"{incident.Pods.Count}", Words.Ago(incident.LastSeen, now));
        }

        table.Write(terminal);
        Answer.WriteMore(terminal, next);
    }
}
