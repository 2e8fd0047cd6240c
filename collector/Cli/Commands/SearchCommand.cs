using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.Collector.Query.Search;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class SearchCommand
{
    // Columns of a terminal.
    private const int PodWidth = 100, IdWidth = 120;

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions();
        var query = SearchQuery.Argument("Terms FIELD:VALUE and words that must all hold; or, - or not, parentheses, * and ?, < and >. In single quotes, for the shell");
        var fields = new Option<bool>("--fields") { Description = "Prints every field" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Events that fit, as they come (with since: from then on), until Ctrl-C" };
        var command = new Command("search", "Events, deviations and incidents by one language, newest first") { query, fields, follow, list.Limit, list.PageToken, list.All, list.FailOnAny };
        command.SetAction(async (parsed, stop) =>
        {
            if (parsed.GetValue(fields))
            {
                WriteFields(terminal);
                return ExitCode.Ok;
            }

            using var connection = common.Connect(parsed);
            var request = new SearchRequest { Query = SearchQuery.Of(parsed, query) };
            if (parsed.GetValue(follow))
            {
                await FollowAsync(connection, terminal, common.FormOf(parsed), request, stop);
                return ExitCode.Ok;
            }

            SearchResponse? first = null;
            var (rows, next) = await list.PagesAsync<SearchHit>(parsed, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var page = await connection.AskAsync((ask, options) => ask.SearchAsync(request, options), stop);
                first ??= page;
                return (page.Hits, page.NextPageToken);
            });
            var answer = new SearchResponse { Hits = { rows }, NextPageToken = next, Searched = { first!.Searched }, Reasons = { first.Reasons } };
            Answer.Write(terminal, common.FormOf(parsed), answer, () => Write(terminal, answer));
            return rows.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static async Task FollowAsync(Connection connection, Terminal terminal, Form form, SearchRequest request, CancellationToken stop)
    {
        await foreach (var hit in connection.StreamAsync((query, options) => query.FollowSearch(request, options), stop))
        {
            if (form == Form.Table)
            {
                EventsCommand.WriteLine(terminal, hit.Event);
            }
            else
            {
                Answer.WriteOne(terminal, form, hit);
            }
        }
    }

    /// <summary>One table for all three, as they lie in time.</summary>
    internal static void Write(Terminal terminal, SearchResponse answer)
    {
        if (answer.Hits.Count == 0)
        {
            terminal.Out.WriteLine($"Nothing found in {string.Join(", ", answer.Searched)}{(answer.Searched.Count < 3 ? "; the others do not have every field of the query" : "")}.");
            foreach (var reason in answer.Reasons)
            {
                terminal.Out.WriteLine("  " + Page.Safe(reason));
            }

            return;
        }

        // A narrow terminal has no room for what the last column tells too, or what is only needed to look further.
        var (hasPod, hasId) = (terminal.Width is null or >= PodWidth, terminal.Width is null or >= IdWidth);
        Column[] columns =
        [
            new("TIME"), new("RECORD", Flexible: true), .. hasPod ? [new Column("KIND")] : (Column[])[], new("DEPLOYMENT", Flexible: true), .. hasPod ? [new Column("POD", Flexible: true)] : (Column[])[],
            new("SEEN", Right: true), new("WHAT", Flexible: true), .. hasId ? [new Column("ID")] : (Column[])[],
        ];
        var table = new TextTable(columns);
        foreach (var hit in answer.Hits)
        {
            var row = RowOf(hit);
            table.Add([
                Words.Moment(hit.Time), row.Record, .. hasPod ? [row.Kind] : (Cell[])[], Words.Scope(row.ScopeId), .. hasPod ? [row.Pod] : (Cell[])[], Words.Number(row.Count), row.What,
                .. hasId ? [row.Id] : (Cell[])[],
            ]);
        }

        table.Write(terminal);
        Answer.WriteMore(terminal, answer.NextPageToken);
    }

    private static (Cell Record, Cell Kind, string ScopeId, Cell Pod, ulong Count, string What, Cell Id) RowOf(SearchHit hit) => hit.RecordCase switch
    {
        SearchHit.RecordOneofCase.Event => (
            hit.New ? new Cell("new event", Ink.Yellow) : "event", hit.Event.Kind, hit.Event.ScopeId, PodOf(hit.Event.PodName, hit.Event.ContainerId), hit.Event.Count, hit.Event.Summary, $"{hit.Event.Id}"),
        SearchHit.RecordOneofCase.Deviation => (
            new Cell($"{Words.Of(hit.Deviation.Severity)} deviation", InkExtensions.Of(hit.Deviation.Severity)), hit.Deviation.Kind, hit.Deviation.ScopeId,
            PodOf(hit.Deviation.PodName, hit.Deviation.ContainerId), hit.Deviation.Count, hit.Deviation.Title, Words.ShortId(hit.Deviation.Id)),
        _ => (
            new Cell($"{Words.Of(hit.Incident.Severity)} incident, {hit.Incident.State}", InkExtensions.Of(hit.Incident.Severity)), "", hit.Incident.ScopeId,
            string.Join(", ", hit.Incident.Pods), hit.Incident.Count, hit.Incident.Title, Words.ShortId(hit.Incident.Id)),
    };

    private static string PodOf(string pod, string containerId) => pod.Length > 0 ? pod : Words.ShortId(containerId);

    private static void WriteFields(Terminal terminal)
    {
        var table = new TextTable(new("FIELD"), new("OF"), new("TAKES"), new("EXAMPLE"), new("MEANING", Flexible: true));
        foreach (var field in SearchFields.All)
        {
            table.Add(field.Name, SearchFields.Names(field.Of), SearchFields.Takes(field).Replace("`", "", StringComparison.Ordinal), field.Example, field.Meaning);
        }

        table.Write(terminal);
    }
}
