using System.CommandLine;
using System.Globalization;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class AroundCommand
{
    // More nobody reads; a shorter window gives what was left out.
    private const int MaxRecords = 5000;
    private const int PageSize = 1000;

    private static readonly TimeSpan _longestWindow = TimeSpan.FromDays(7);

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var pod = new Argument<string>("POD") { Description = "The pod's name or its beginning with *; or the first characters of a container's id" };
        var at = new Option<string>("--at") { Description = "The moment: 2026-04-25T13:00Z, or how long ago: 2h", HelpName = "TIME", Required = true };
        var window = new Option<string>("--window") { Description = "How long before and after: 30s, 10m, 2h", HelpName = "SPAN", DefaultValueFactory = _ => "10m" };
        var command = new Command("around", "What a pod did around a time: its processes as a tree, then everything in order") { pod, at, window };
        command.SetAction(async (parsed, stop) =>
        {
            var now = terminal.Time.GetUtcNow();
            var moment = Moment.Parse("--at", parsed.GetValue(at)!, now);
            var span = now - Moment.Parse("--window", parsed.GetValue(window)!, now);
            if (span > _longestWindow || span < TimeSpan.Zero)
            {
                throw new UsageException($"--window {parsed.GetValue(window)}: must be at most 7d");
            }

            using var connection = common.Connect(parsed);
            var (answer, isCut) = await AskAsync(connection, QueryOf(parsed.GetValue(pod)!, moment - span, moment + span), stop);
            Answer.Write(terminal, common.FormOf(parsed), answer, () => Write(terminal, parsed.GetValue(pod)!, moment, span, answer, isCut));
            return answer.Hits.Count > 0 ? ExitCode.Ok : ExitCode.NotFound;
        });
        return command;
    }

    private static async Task<(SearchResponse Answer, bool IsCut)> AskAsync(Connection connection, string query, CancellationToken stop)
    {
        var answer = new SearchResponse();
        var token = "";
        do
        {
            var page = await connection.AskAsync((ask, options) => ask.SearchAsync(new() { Query = query, PageSize = PageSize, PageToken = token }, options), stop);
            answer.Hits.AddRange(page.Hits);
            answer.Searched.Clear();
            answer.Searched.AddRange(page.Searched);
            answer.Reasons.AddRange(page.Reasons);
            token = page.NextPageToken;
        }
        while (token.Length > 0 && answer.Hits.Count < MaxRecords);

        return (answer, token.Length > 0);
    }

    private static string QueryOf(string pod, DateTimeOffset from, DateTimeOffset to)
    {
        // Not in quotes, where * would be itself.
        var name = string.Concat(pod.Select(letter => letter is '\\' or '"' or ',' or '(' or ')' or '<' or '>' or '=' || char.IsWhiteSpace(letter) ? $"\\{letter}" : letter.ToString()));
        return string.Create(CultureInfo.InvariantCulture, $"(pod:{name} or container.id:{name}*) since:{from.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'} until:{to.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'}");
    }

    private static void Write(Terminal terminal, string pod, DateTimeOffset moment, TimeSpan span, SearchResponse answer, bool isCut)
    {
        var around = $"{Words.Span(span)} before and after {moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}";
        if (answer.Hits.Count == 0)
        {
            terminal.Out.WriteLine($"Nothing is stored of {Page.Safe(pod)} {around}.");
            foreach (var reason in answer.Reasons)
            {
                terminal.Out.WriteLine("  " + Page.Safe(reason));
            }

            terminal.Out.WriteLine("A behaviour that is known is told once a minute at most; events are kept for Storage:EventRetention. Try a longer --window.");
            return;
        }

        terminal.Out.WriteLine(Ink.Bold.Paint($"{Page.Safe(pod)}, {around}", terminal));
        Page.Heading(terminal, "Processes");
        foreach (var line in LineageTree.Lines(answer.Hits.Select(LineageOf)))
        {
            terminal.Out.WriteLine("  " + Page.Safe(line));
        }

        Page.Heading(terminal, "In order");
        var oldestFirst = new SearchResponse { Searched = { answer.Searched }, Hits = { answer.Hits.Reverse() } };
        SearchCommand.Write(terminal, oldestFirst);
        if (isCut)
        {
            terminal.Error.WriteLine($"Older records were left out: only the newest {Words.Number(MaxRecords)} are shown. Try a shorter --window.");
        }
    }

    private static IEnumerable<V1.Process> LineageOf(SearchHit hit) => hit.RecordCase switch
    {
        SearchHit.RecordOneofCase.Event => hit.Event.Lineage,
        SearchHit.RecordOneofCase.Deviation => hit.Deviation.Lineage,
        _ => [],
    };
}
