using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class NotifierCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "As the collector's settings name it" };
        var test = new Command("test", "Sends a sample alert and tells what the receiver answered") { name };
        test.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var answer = await connection.AskAsync((query, options) => query.TestNotifierAsync(new() { Name = parsed.GetValue(name) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), answer, () =>
                terminal.Out.WriteLine($"{(answer.Delivered ? Ink.Green.Paint("Delivered", terminal) : Ink.Red.Paint("Not delivered", terminal))} after {answer.Milliseconds} ms: {Page.Safe(answer.Answer)}"));
            return answer.Delivered ? ExitCode.Ok : ExitCode.Failed;
        });
        return new Command("notifier", "Who is told of incidents") { Listed(common, terminal), test, Deliveries(common, terminal), Repeat(common, terminal) };
    }

    private static Command Listed(CommonOptions common, Terminal terminal)
    {
        var command = new Command("list", "Whom the settings tell, and how that goes");
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var answer = await connection.AskAsync(options => connection.Alerts.ListNotifiersAsync(new(), options), stop);
            Answer.Write(terminal, common.FormOf(parsed), answer, () =>
            {
                if (answer.Notifiers.Count == 0)
                {
                    terminal.Out.WriteLine("Nobody: the settings have no notifier. How to name one: collector/Notifiers/README.md");
                    return;
                }

                var now = terminal.Time.GetUtcNow();
                var table = new TextTable(
                    new("NAME"), new("KIND"), new("FROM"), new("FOR"), new("DIGEST"), new("WAITING", Right: true), new("FAILED", Right: true), new("ANSWERED"), new("ANSWER", Flexible: true));
                foreach (var notifier in answer.Notifiers)
                {
                    table.Add(
                        notifier.Name, notifier.Kind.Length > 0 ? notifier.Kind : new Cell("gone from the settings", Ink.Yellow), notifier.Kind.Length > 0 ? Words.Of(notifier.MinimumSeverity) : "-",
                        (notifier.Routed ? "some" : "all") + (notifier.QuietHours ? ", quiet hours" : ""), notifier.Digest ? "yes" : "no", Words.Number(notifier.Waiting),
                        new Cell(Words.Number(notifier.Failed), notifier.Failed > 0 ? Ink.Red : Ink.None), Words.Ago(notifier.Answered, now), notifier.Answer);
                }

                table.Write(terminal);
            });
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Deliveries(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions();
        var notifier = new Option<string>("--notifier") { Description = "To this one only", HelpName = "NAME", DefaultValueFactory = _ => "" };
        var state = new Option<string>("--state") { Description = "One of waiting, delivered, failed", HelpName = "STATE", DefaultValueFactory = _ => "" }.AcceptOnlyFromAmong("waiting", "delivered", "failed");
        var incident = new Option<string>("--incident") { Description = "Of this incident only, by its whole id", HelpName = "ID", DefaultValueFactory = _ => "" };
        var command = new Command("deliveries", "Newest first: what was sent where, when, with which answer") { notifier, state, incident, list.Limit, list.PageToken, list.All, list.FailOnAny };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var (rows, next) = await list.PagesAsync<Delivery>(parsed, async (size, token) =>
            {
                var request = new ListDeliveriesRequest { PageSize = size, PageToken = token, Notifier = parsed.GetValue(notifier), State = parsed.GetValue(state), IncidentId = parsed.GetValue(incident) };
                var page = await connection.AskAsync(options => connection.Alerts.ListDeliveriesAsync(request, options), stop);
                return (page.Deliveries, page.NextPageToken);
            });
            Answer.Write(terminal, common.FormOf(parsed), new ListDeliveriesResponse { Deliveries = { rows }, NextPageToken = next }, () => Write(terminal, rows, next));
            return rows.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static Command Repeat(CommonOptions common, Terminal terminal)
    {
        var id = new Argument<long>("ID") { Description = "Of a failed delivery, as notifier deliveries prints it" };
        var command = new Command("repeat", "Sends a failed delivery again; the receiver can tell by its key that it is the same") { id };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var delivery = await connection.AskAsync(options => connection.Alerts.RepeatDeliveryAsync(new() { Id = parsed.GetValue(id) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), delivery, () =>
                terminal.Out.WriteLine($"Delivery {delivery.Id} to {Page.Safe(delivery.Notifier)} waits again. What becomes of it: runtimectl notifier deliveries --notifier {Page.Safe(delivery.Notifier)}"));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, List<Delivery> deliveries, string next)
    {
        if (deliveries.Count == 0)
        {
            terminal.Out.WriteLine("No delivery matches.");
            return;
        }

        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("ID", Right: true), new("NOTIFIER"), new("STATE"), new("INCIDENT"), new("WHAT", Flexible: true), new("ENQUEUED"), new("ATTEMPTS", Right: true), new("ANSWERED"), new("ANSWER", Flexible: true));
        foreach (var delivery in deliveries)
        {
            table.Add(
                $"{delivery.Id}", delivery.Notifier, new Cell(delivery.State, delivery.State == "failed" ? Ink.Red : Ink.None),
                delivery.IncidentId.Length > 0 ? Words.ShortId(delivery.IncidentId) : "-", delivery.Kind == "digest" ? "daily digest" : delivery.Revision > 1 ? $"{delivery.Title} (update {delivery.Revision})" : delivery.Title,
                Words.Ago(delivery.Enqueued, now), $"{delivery.Attempts}", Words.Ago(delivery.Answered, now), delivery.Answer);
        }

        table.Write(terminal);
        Answer.WriteMore(terminal, next);
    }
}
