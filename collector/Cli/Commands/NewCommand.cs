using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class NewCommand
{
    private static readonly string[] _fields = ["cluster", "namespace", "deployment", "workload", "container", "image", "image.registry", "image.repository", "image.tag"];

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var query = SearchQuery.Argument("Which deployments, in the search language: " + string.Join(", ", _fields), field => _fields.Contains(field.Name));
        var list = new ListOptions();
        var registry = new Option<string>("--registry") { Description = "Whose image came from there; short for image.registry:HOST", HelpName = "HOST", DefaultValueFactory = _ => "" };
        list.Since.Required = true;
        list.Limit.Description = "Deployments to look at in one page, 1 to 1000";
        var command = new Command("new", "What deployments did for the first time since a date: items of baselines, and deviations")
        {
            query, list.Since, list.Until, registry, list.Limit, list.PageToken, list.All, list.FailOnAny,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new ListNewsRequest
            {
                Query = QueryOf(SearchQuery.Of(parsed, query), parsed.GetValue(registry)!),
                Since = ListOptions.TimeOf(parsed, list.Since, terminal.Time),
                Until = ListOptions.TimeOf(parsed, list.Until, terminal.Time),
            };
            var searched = 0u;
            var (rows, next) = await list.PagesAsync<DeploymentNews>(parsed, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var page = await connection.AskAsync((ask, options) => ask.ListNewsAsync(request, options), stop);
                searched += page.Searched;
                return (page.Deployments, page.NextPageToken);
            });
            var answer = new ListNewsResponse { Deployments = { rows }, Searched = searched, NextPageToken = next };
            var form = common.FormOf(parsed);
            if (form == Form.Csv)
            {
                Answer.WriteTree(terminal, form, Flat(answer));
            }
            else
            {
                Answer.Write(terminal, form, answer, () => Write(terminal, request, answer));
            }

            return rows.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Quoted, so that a host of any letters is one value.</summary>
    private static string QueryOf(string query, string registry) => registry.Length == 0 ? query
        : $"image.registry:\"{registry.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"{(query.Length > 0 ? $" ({query})" : "")}";

    /// <summary>A row for each item and deviation, with its deployment.</summary>
    private static System.Text.Json.Nodes.JsonObject Flat(ListNewsResponse answer)
    {
        var rows = new System.Text.Json.Nodes.JsonArray();
        foreach (var (scope, kind, key, state, first, last, count) in answer.Deployments.SelectMany(Rows))
        {
            rows.Add((System.Text.Json.Nodes.JsonNode)new System.Text.Json.Nodes.JsonObject
            {
                ["firstSeen"] = Words.Moment(first), ["lastSeen"] = Words.Moment(last), ["scopeId"] = scope, ["kind"] = kind, ["what"] = key, ["state"] = state, ["count"] = count,
            });
        }

        return new() { ["news"] = rows };
    }

    private static IEnumerable<(string Scope, string Kind, string Key, string State, Timestamp First, Timestamp Last, ulong Count)> Rows(DeploymentNews news) =>
        news.Items.Select(item => (news.ScopeId, item.Kind, item.Key, item.State, item.FirstSeen, item.LastSeen, item.Count))
            .Concat(news.Deviations.Select(deviation => (news.ScopeId, deviation.Kind, deviation.Key, $"deviation, {Words.Of(deviation.Severity)}, {deviation.State}", deviation.Time, deviation.LastSeen, deviation.Count)))
            .OrderBy(row => row.Item5.ToDateTimeOffset());

    private static void Write(Terminal terminal, ListNewsRequest request, ListNewsResponse answer)
    {
        var looked = $"{Words.Count(answer.Searched, "deployment")}{(request.Query.Length > 0 ? $" that {(answer.Searched == 1 ? "fits" : "fit")} {Page.Safe(request.Query)}" : "")}";
        if (answer.Deployments.Count == 0)
        {
            terminal.Out.WriteLine(answer.Searched == 0
                ? $"No deployment fits {Page.Safe(request.Query)}. All of them: runtimectl deployments"
                : $"Nothing new since {Words.Moment(request.Since)} in {looked}.");
            Answer.WriteMore(terminal, answer.NextPageToken);
            return;
        }

        foreach (var news in answer.Deployments)
        {
            terminal.Out.WriteLine(Ink.Bold.Paint(Page.Safe(Words.Scope(news.ScopeId)), terminal));
            var table = new TextTable(new("FIRST SEEN"), new("KIND"), new("SEEN", Right: true), new("STATE"), new("WHAT", Flexible: true));
            foreach (var (_, kind, key, state, first, _, count) in Rows(news))
            {
                table.Add(Words.Moment(first), kind, Words.Number(count), state, key);
            }

            table.Write(terminal, "  ");
            if (news.MoreItems > 0 || news.MoreDeviations)
            {
                terminal.Out.WriteLine($"  and more: runtimectl baseline show {Page.Safe(news.ScopeId)}");
            }
        }

        terminal.Out.WriteLine($"New since {Words.Moment(request.Since)} in {Words.Number((ulong)answer.Deployments.Count)} of {looked}.");
        Answer.WriteMore(terminal, answer.NextPageToken);
    }
}
