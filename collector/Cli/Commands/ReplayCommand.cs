using System.CommandLine;
using System.Globalization;
using System.Text;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class ReplayCommand
{
    // Columns of a terminal.
    private const int WhyWidth = 100, IdWidth = 120;
    private const int MaxRules = 1024 * 1024;

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var deployments = new Argument<string>("DEPLOYMENTS") { Description = "Which deployments: NAME or NAMESPACE/NAME, with * and ?; all when left out", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => "" };
        var list = new ListOptions();
        list.Since.DefaultValueFactory = _ => "7d";
        list.Limit.Description = "Incidents to list, 1 to 1000; all are counted";
        var budget = new Option<double>("--budget") { Description = "False alerts per deployment and day, 0.0001 to 10; without it each deployment's own", HelpName = "NUMBER" };
        var rules = new Option<string>("--rules") { Description = "File as Rules:File names one; without it the rules in force", HelpName = "FILE", DefaultValueFactory = _ => "" };
        var outlook = new Option<bool>("--outlook") { Description = "What each of eight budgets would have paged, counted" };
        var command = new Command("replay", "What last week would have paged with another budget or other rules, beside what did page. Changes nothing")
        {
            deployments, list.Since, budget, rules, outlook, list.Limit, list.FailOnAny,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var since = ListOptions.TimeOf(parsed, list.Since, terminal.Time);
            if (parsed.GetValue(outlook))
            {
                return await OutlookAsync(connection, terminal, common.FormOf(parsed), new() { Deployments = parsed.GetValue(deployments), Since = since }, stop);
            }

            var request = new ReplayRequest
            {
                Deployments = parsed.GetValue(deployments), Since = since, Budget = parsed.GetValue(budget), Rules = ReadRules(parsed.GetValue(rules)!), Limit = parsed.GetValue(list.Limit),
            };
            if (parsed.GetResult(budget) is not null && request.Budget == 0)
            {
                throw new UsageException("--budget 0: must be from 0.0001 to 10");
            }

            var answer = await AskAsync(connection, terminal, request, stop);
            var form = common.FormOf(parsed);
            Answer.Write(terminal, form, answer, () => Write(terminal, answer));
            return answer.OnlyThen > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static async Task<ReplayAnswer> AskAsync(Connection connection, Terminal terminal, ReplayRequest request, CancellationToken stop)
    {
        ReplayAnswer? answer = null;
        var shown = 0;
        await foreach (var update in connection.StreamAsync((query, options) => query.Replay(request, options), stop))
        {
            answer = update.Answer ?? answer;

            // Only where a person looks: a log of progress is of no use to a script.
            if (update.Progress is { } progress && terminal.Width is not null)
            {
                var line = $"{Words.Number(progress.Events)} events, {progress.DeploymentsDone} of {Words.Count(progress.Deployments, "deployment")}";
                await terminal.Error.WriteAsync("\r" + line.PadRight(shown));
                shown = line.Length;
            }
        }

        if (shown > 0)
        {
            await terminal.Error.WriteAsync("\r" + new string(' ', shown) + "\r");
        }

        return answer ?? throw new IOException("the collector ended the replay without an answer");
    }

    private static async Task<int> OutlookAsync(Connection connection, Terminal terminal, Form form, GetBudgetOutlookRequest request, CancellationToken stop)
    {
        var outlook = await connection.AskAsync((query, options) => query.GetBudgetOutlookAsync(request, options), stop);
        Answer.Write(terminal, form, outlook, () =>
        {
            terminal.Out.WriteLine($"{Watched(outlook.Deployments, outlook.DeploymentDays)} since {Words.Moment(outlook.Since)}: {Pages(outlook.Now)} did page.");
            var table = new TextTable(new("BUDGET", Right: true), new("PAGES", Right: true), new("BY FACTS", Right: true), new("BY NOVELTY", Right: true), new("A DEPLOYMENT-DAY", Right: true));
            foreach (var line in outlook.Lines)
            {
                table.Add(Text(line.Budget), $"{line.Pages.Incidents}", $"{line.Pages.ByFacts}", $"{line.Pages.ByNovelty}", Text(line.Pages.PerDeploymentDay));
            }

            table.Write(terminal);
            WriteRemarks(terminal, outlook.Remarks);
        });
        return ExitCode.Ok;
    }

    private static void Write(Terminal terminal, ReplayAnswer answer)
    {
        terminal.Out.WriteLine(
            $"{Watched(answer.Deployments, answer.DeploymentDays)} since {Words.Moment(answer.Since)}, budget {Text(answer.Budget)}, rules {Page.Safe(answer.RulesFingerprint)}{(answer.Complete ? "" : " (not complete, see below)")}");
        terminal.Out.WriteLine($"  did page    {Pages(answer.Now)}");
        terminal.Out.WriteLine($"  would page  {Pages(answer.Then)}");
        terminal.Out.WriteLine($"  {answer.Both} both, {answer.OnlyThen} only then, {answer.OnlyNow} only now; {answer.Below} stay below{(answer.Unjudged > 0 ? $"; {answer.Unjudged} cannot be judged" : "")}");
        if (answer.Incidents.Count > 0)
        {
            // A narrow terminal has no room for what is only needed to look further.
            var (hasWhy, hasId) = (terminal.Width is null or >= WhyWidth, terminal.Width is null or >= IdWidth);
            Column[] columns =
            [
                new("PAGED"), new("SEVERITY"), new("FIRST SEEN"), new("DEPLOYMENT", Flexible: true), new("WHAT", Flexible: true), .. hasWhy ? [new Column("WHY", Flexible: true)] : (Column[])[],
                .. hasId ? [new Column("ID")] : (Column[])[],
            ];
            var table = new TextTable(columns);
            foreach (var incident in answer.Incidents)
            {
                table.Add([
                    incident.Paged switch { "both" => "both", "only_now" => new Cell("only now", Ink.Yellow), _ => new Cell("only then", Ink.Red) },
                    new Cell(Words.Of(incident.Severity), InkExtensions.Of(incident.Severity)), Words.Moment(incident.FirstSeen), Words.Scope(incident.ScopeId), incident.Title,
                    .. hasWhy ? [incident.Why] : (Cell[])[], .. hasId ? [Words.ShortId(incident.IncidentId)] : (Cell[])[],
                ]);
            }

            table.Write(terminal);
            var left = answer.Both + answer.OnlyNow + answer.OnlyThen - (uint)answer.Incidents.Count;
            if (left > 0)
            {
                terminal.Error.WriteLine($"{left} more: --limit");
            }
        }

        WriteRemarks(terminal, answer.Remarks);
    }

    private static void WriteRemarks(Terminal terminal, IEnumerable<string> remarks)
    {
        foreach (var remark in remarks)
        {
            terminal.Out.WriteLine("* " + Page.Safe(remark));
        }
    }

    private static string Watched(uint deployments, double days) => $"{Words.Count(deployments, "deployment")}, {Words.Number(days)} deployment-days";

    private static string Pages(ReplayCount count) =>
        $"{Words.Count(count.Incidents, "incident")}: {count.ByFacts} by facts, {count.ByNovelty} by novelty ({Text(count.PerDeploymentDay)} a deployment-day)";

    private static string Text(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);

    /// <exception cref="UsageException">It cannot be read, is too long, or is no text.</exception>
    private static string ReadRules(string path)
    {
        if (path.Length == 0)
        {
            return "";
        }

        try
        {
            var content = File.ReadAllBytes(path);
            return content.Length is > 0 and <= MaxRules ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content)
                : throw new UsageException($"--rules {path}: has {content.Length} bytes; must be 1 to {MaxRules}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--rules {path}: {e.Message}");
        }
    }
}
