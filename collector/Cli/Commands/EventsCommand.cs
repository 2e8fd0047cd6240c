using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class EventsCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var events = new Command("events", "What agents reported: first sights and counted repeats");
        events.Add(List("list", common, terminal));

        // "events --follow" as people type it.
        var direct = List("events", common, terminal);
        foreach (var option in direct.Options)
        {
            events.Options.Add(option);
        }

        events.Action = direct.Action;
        return events;
    }

    private static Command List(string name, CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions("exec", "exit", "file", "network", "privilege", "binary", "managed", "resource", "sight", "loss");
        var follow = new Option<bool>("--follow", "-f") { Description = "What comes from now on (with --since: from then on), until Ctrl-C" };
        var command = new Command(name, "Newest first; with --follow as they come")
        {
            follow, list.Scope, list.Kind, list.Since, list.Until, list.TextFilter, list.Limit, list.PageToken, list.All,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new ListEventsRequest
            {
                Scope = parsed.GetValue(list.Scope),
                Kind = parsed.GetValue(list.Kind),
                Since = ListOptions.TimeOf(parsed, list.Since, terminal.Time),
                Until = ListOptions.TimeOf(parsed, list.Until, terminal.Time),
                Text = parsed.GetValue(list.TextFilter),
            };
            var form = common.FormOf(parsed);
            if (parsed.GetValue(follow))
            {
                await FollowAsync(connection, terminal, form, request, stop);
                return ExitCode.Ok;
            }

            var (rows, next) = await list.PagesAsync<Event>(parsed, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var page = await connection.AskAsync((query, options) => query.ListEventsAsync(request, options), stop);
                return (page.Events, page.NextPageToken);
            });
            Answer.Write(terminal, form, new ListEventsResponse { Events = { rows }, NextPageToken = next }, () => Write(terminal, rows, next, list.Filtered(parsed)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task FollowAsync(Connection connection, Terminal terminal, Form form, ListEventsRequest request, CancellationToken stop)
    {
        await foreach (var happened in connection.StreamAsync((query, options) => query.FollowEvents(request, options), stop))
        {
            if (form != Form.Table)
            {
                Answer.WriteOne(terminal, form, happened);
                continue;
            }

            WriteLine(terminal, happened);
        }
    }

    /// <summary>No table: its widths would have to know rows that are still to come.</summary>
    internal static void WriteLine(Terminal terminal, Event happened)
    {
        var line = $"{Words.Moment(happened.FirstSeen)}  {Page.Safe(Words.Scope(happened.ScopeId))}  {Page.Safe(happened.Summary)}{(happened.Count > 1 ? $"  {Words.Number(happened.Count)}x" : "")}";
        terminal.Out.WriteLine(terminal.Width is { } width ? TextTable.Cut(line, width) : line);
        terminal.Out.Flush();
    }

    private static void Write(Terminal terminal, List<Event> events, string next, bool filtered)
    {
        if (events.Count == 0)
        {
            terminal.Out.WriteLine(filtered ? "No event matches." : "No events yet: no agent has reported anything. See runtimectl status.");
            return;
        }

        var table = new TextTable(new("TIME"), new("DEPLOYMENT", Flexible: true), new("POD", Flexible: true), new("KIND"), new("SEEN", Right: true), new("WHAT", Flexible: true));
        foreach (var happened in events)
        {
            table.Add(
                Words.Moment(happened.FirstSeen), Words.Scope(happened.ScopeId), happened.PodName.Length > 0 ? happened.PodName : Words.ShortId(happened.ContainerId),
                happened.Kind, Words.Number(happened.Count), happened.Summary);
        }

        table.Write(terminal);
        Answer.WriteMore(terminal, next);
    }
}
