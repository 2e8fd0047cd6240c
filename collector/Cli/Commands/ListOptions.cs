using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Runtime.V1;

namespace Runtime.Cli.Commands;

/// <summary>Filters and paging that the lists share. A list takes those that it understands.</summary>
internal sealed class ListOptions
{
    private const int MaxPage = 1000;

    public Option<string> Scope { get; } = Text("--scope", "-s", "Deployment: its id or a part of it, such as web or shop/web", "SCOPE");
    public Option<string> Kind { get; }
    public Option<string> Severity { get; } = Text("--severity", null, "At least: info, low, medium, high, critical", "LEVEL").AcceptOnlyFromAmong("info", "low", "medium", "high", "critical");
    public Option<string> Since { get; } = Text("--since", null, "From then on: 2h, 7d, 2026-04-25, 2026-04-25T13:00Z", "TIME");
    public Option<string> Until { get; } = Text("--until", null, "Up to then, in the same forms", "TIME");
    public Option<string> TextFilter { get; } = Text("--text", "-t", "Contains this, upper and lower case alike", "WORDS");
    public Option<int> Limit { get; } = new("--limit", "-n") { Description = $"Rows of one page, 1 to {MaxPage}", HelpName = "N", DefaultValueFactory = _ => 100 };
    public Option<string> PageToken { get; } = Text("--page-token", null, "Continues where an earlier answer ended", "TOKEN");
    public Option<bool> All { get; } = new("--all") { Description = "All pages" };
    public Option<bool> FailOnAny { get; } = new("--fail-on-any") { Description = $"Exit code {ExitCode.SomethingFound} when the list is not empty" };

    public ListOptions(params string[] kinds)
    {
        Kind = Text("--kind", "-k", "One of " + string.Join(", ", kinds), "KIND");
        Kind.AcceptOnlyFromAmong(kinds);
        Limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var limit) && limit is < 1 or > MaxPage)
            {
                result.AddError($"--limit {result.Tokens[0].Value}: must be 1 to {MaxPage}; --all gives everything");
            }
        });
    }

    public static Severity SeverityOf(string word) => System.Enum.Parse<Severity>(word.Length == 0 ? nameof(V1.Severity.Unspecified) : word, ignoreCase: true);

    public static Timestamp? TimeOf(ParseResult parsed, Option<string> option, TimeProvider time) =>
        parsed.GetValue(option) is { Length: > 0 } text ? Timestamp.FromDateTimeOffset(Moment.Parse(option.Name, text, time.GetUtcNow())) : null;

    /// <summary>Any filter is set: an empty answer then means something else.</summary>
    public bool Filtered(ParseResult parsed) => new[] { Scope, Kind, Severity, Since, Until, TextFilter, PageToken }.Any(option => parsed.GetResult(option) is { Implicit: false });

    /// <summary>Asks page after page with --all, once without; the answers' rows and the token of what is left.</summary>
    public async Task<(List<T> Rows, string NextPageToken)> PagesAsync<T>(ParseResult parsed, Func<int, string, Task<(IEnumerable<T> Rows, string NextPageToken)>> ask)
    {
        // With --all bounded by what the collector keeps.
        List<T> rows = [];
        var all = parsed.GetValue(All);
        var token = parsed.GetValue(PageToken) ?? "";
        do
        {
            var page = await ask(all ? MaxPage : parsed.GetValue(Limit), token);
            rows.AddRange(page.Rows);
            token = page.NextPageToken;
        }
        while (all && token.Length > 0);

        return (rows, token);
    }

    private static Option<string> Text(string name, string? alias, string description, string helpName)
    {
        var option = alias is null ? new Option<string>(name) : new Option<string>(name, alias);
        (option.Description, option.HelpName, option.DefaultValueFactory) = (description, helpName, _ => "");
        return option;
    }
}
