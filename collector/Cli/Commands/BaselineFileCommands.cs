using System.CommandLine;
using System.Text.Json.Nodes;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

/// <summary>Baselines beside files: diff, check, import.</summary>
internal static class BaselineFileCommands
{
    public static Command Diff(CommonOptions common, Terminal terminal)
    {
        var left = new Argument<string>("LEFT") { Description = "A deployment, or a file that baseline export wrote" };
        var right = new Argument<string?>("RIGHT") { Description = "Another of them; without it --since says from when on LEFT is compared with itself", Arity = ArgumentArity.ZeroOrOne };
        var list = new ListOptions();
        var command = new Command("diff", "What one baseline has and another has not: of two deployments, two files, or one deployment at two times") { left, right, list.Since, list.Until, list.FailOnAny };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var since = ListOptions.TimeOf(parsed, list.Since, terminal.Time)?.ToDateTimeOffset();
            IReadOnlyList<BaselineChange> changes;
            if (parsed.GetValue(right) is { } other)
            {
                if (since is not null)
                {
                    throw new UsageException("--since compares one deployment with itself: leave out RIGHT or --since");
                }

                changes = BaselineChanges.Between((await SideAsync(connection, parsed.GetValue(left)!, stop)).Items, (await SideAsync(connection, other, stop)).Items);
            }
            else
            {
                var from = since ?? throw new UsageException("RIGHT or --since is missing: what is LEFT compared with?");
                var until = ListOptions.TimeOf(parsed, list.Until, terminal.Time)?.ToDateTimeOffset() ?? terminal.Time.GetUtcNow();
                var baseline = await connection.AskAsync((query, options) => query.GetBaselineAsync(new() { Scope = parsed.GetValue(left) }, options), stop);
                changes = BaselineChanges.Between(At(baseline, from), At(baseline, until));
            }

            WriteChanges(terminal, common.FormOf(parsed), changes);
            if (common.FormOf(parsed) == Form.Table && since is not null)
            {
                terminal.Error.WriteLine("Items that left by themselves, unseen for 90 days, are in neither side: a baseline does not remember them.");
            }

            return changes.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    public static Command Check(CommonOptions common, Terminal terminal)
    {
        var file = FileArgument();
        var scope = ScopeOption();
        var verify = VerifyOption();
        var strict = new Option<bool>("--strict") { Description = "Also when the deployment no longer does what the file has" };
        var command = new Command("check", $"For CI: exit code {ExitCode.SomethingFound} when the deployment does what the reviewed file does not have") { file, scope, strict, verify };
        command.SetAction(async (parsed, stop) =>
        {
            var reviewed = BaselineFile.Read(parsed.GetValue(file)!, parsed.GetValue(verify)!);
            using var connection = common.Connect(parsed);
            var review = BaselineChanges.Review(reviewed, await LivingAsync(connection, ScopeOf(parsed, scope, reviewed), stop));
            var failed = review.Unreviewed.Count > 0 || (parsed.GetValue(strict) && review.Unseen.Count > 0);
            IReadOnlyList<BaselineChange> changes =
            [
                .. review.Unreviewed.Select(item => new BaselineChange(item.Kind, item.Key, null, item.State)),
                .. review.Unseen.Select(item => new BaselineChange(item.Kind, item.Key, item.State, null)),
            ];
            if (common.FormOf(parsed) != Form.Table)
            {
                WriteChanges(terminal, common.FormOf(parsed), changes);
            }
            else
            {
                if (changes.Count > 0)
                {
                    WriteChanges(terminal, Form.Table, changes);
                }

                terminal.Out.WriteLine(
                    $"{(failed ? "Not as reviewed" : "As reviewed")}: {Words.Number((ulong)review.Unreviewed.Count)} that the file does not have (+), {Words.Number((ulong)review.Unseen.Count)} that the deployment does not have (-).");
            }

            return failed ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    public static Command Import(CommonOptions common, Terminal terminal)
    {
        var file = FileArgument();
        var scope = ScopeOption();
        var verify = VerifyOption();
        var reason = new Option<string>("--reason") { Description = "Why; kept with your name and the time", HelpName = "WORDS", Required = true };
        var others = new Option<bool>("--remove-others") { Description = "What the file does not have is taken out; else it stays" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Prints what would be decided" };
        var command = new Command("import", "Makes a deployment's baseline what a reviewed file says: its items are approved, those of state removed are taken out") { file, scope, reason, others, dryRun, verify };
        command.SetAction(async (parsed, stop) =>
        {
            var reviewed = BaselineFile.Read(parsed.GetValue(file)!, parsed.GetValue(verify)!);
            using var connection = common.Connect(parsed);
            var living = await LivingAsync(connection, ScopeOf(parsed, scope, reviewed), stop);
            var import = BaselineImport.Of(reviewed, living, parsed.GetValue(others));
            var isDry = parsed.GetValue(dryRun);
            List<BaselineItem> changed = [];
            foreach (var call in isDry ? [] : import.Calls())
            {
                var answer = await connection.AskAsync(
                    (query, options) => query.DecideItemsAsync(new() { Scope = living.Scope, Reason = parsed.GetValue(reason), Decisions = { call } }, options), stop);
                changed.AddRange(answer.Items);
            }

            WriteImport(terminal, common.FormOf(parsed), living.Scope, import, changed, isDry);
            return import.Impossible.Count > 0 ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> FileArgument() => new("FILE") { Description = "YAML as baseline export writes it" };

    private static Option<string> ScopeOption() => new("--scope", "-s") { Description = "Another deployment than the file names", HelpName = "SCOPE", DefaultValueFactory = _ => "" };

    private static Option<string> VerifyOption() => new("--verify") { Description = "EC public key (P-256, PEM): refuses a file that FILE.sig is no signature of", HelpName = "KEY", DefaultValueFactory = _ => "" };

    private static string ScopeOf(ParseResult parsed, Option<string> scope, BaselineFile file) => parsed.GetValue(scope) is { Length: > 0 } named ? named : file.Scope;

    /// <summary>A file where there is one of that name, else a deployment.</summary>
    private static async Task<BaselineFile> SideAsync(Connection connection, string name, CancellationToken stop) =>
        File.Exists(name) ? BaselineFile.Read(name) : await LivingAsync(connection, name, stop);

    private static async Task<BaselineFile> LivingAsync(Connection connection, string scope, CancellationToken stop) =>
        BaselineFile.Of(await connection.AskAsync((query, options) => query.GetBaselineAsync(new() { Scope = scope }, options), stop));

    /// <summary>The items as they were, as far as their own times tell: first seen, approved, removed.</summary>
    internal static IEnumerable<FileItem> At(Baseline baseline, DateTimeOffset moment)
    {
        foreach (var item in baseline.Items.Where(item => item.FirstSeen.ToDateTimeOffset() <= moment))
        {
            // What it was before is not kept; it was seen, and did not yet have this decision.
            var isDecided = (item.RemovedAt ?? item.ApprovedAt) is not { } when || when.ToDateTimeOffset() <= moment;
            yield return new FileItem(item.Kind, item.Key, isDecided ? item.State : item.RemovedAt is not null ? "learned" : "pending");
        }
    }

    private static void WriteChanges(Terminal terminal, Form form, IReadOnlyList<BaselineChange> changes)
    {
        if (form != Form.Table)
        {
            Answer.WriteTree(terminal, form, new JsonObject
            {
                ["changes"] = new JsonArray([.. changes.Select(change => (JsonNode)new JsonObject
                {
                    ["change"] = change.Sign switch { "+" => "added", "-" => "gone", _ => "changed" }, ["kind"] = change.Kind, ["key"] = change.Key, ["before"] = change.Before, ["after"] = change.After,
                })]),
            });
            return;
        }

        if (changes.Count == 0)
        {
            terminal.Out.WriteLine("No difference.");
            return;
        }

        var table = new TextTable(new(""), new("KIND"), new("ITEM", Flexible: true), new("STATE"));
        foreach (var change in changes)
        {
            var ink = change.Sign switch { "+" => Ink.Green, "-" => Ink.Red, _ => Ink.Yellow };
            table.Add(new Cell(change.Sign, ink), change.Kind, new Cell(change.Key, ink), change is { Before: { } before, After: { } after } ? $"{before} > {after}" : change.Before ?? change.After ?? "");
        }

        table.Write(terminal);
    }

    private static void WriteImport(Terminal terminal, Form form, string scope, BaselineImport import, List<BaselineItem> changed, bool isDry)
    {
        if (form != Form.Table)
        {
            Answer.WriteTree(terminal, form, new JsonObject
            {
                ["decisions"] = new JsonArray([.. import.Decisions.Select(decision => (JsonNode)new JsonObject { ["kind"] = decision.Kind, ["key"] = decision.Key, ["decision"] = decision.Approve ? "approve" : "remove" })]),
                ["changed"] = changed.Count,
                ["impossible"] = import.Impossible.Count,
            });
            return;
        }

        foreach (var (item, why) in import.Impossible)
        {
            terminal.Error.WriteLine($"not imported: {Page.Safe($"{item.Kind} {item.Key}")}: {why}");
        }

        if (isDry)
        {
            foreach (var decision in import.Decisions)
            {
                terminal.Out.WriteLine($"would {(decision.Approve ? "approve" : "take out")} {Page.Safe($"{decision.Kind} {decision.Key}")}");
            }
        }

        terminal.Out.WriteLine(
            $"{Page.Safe(Words.Scope(scope))}: {(isDry ? "nothing was changed" : $"{changed.Count(item => item.State == "approved")} approved, {changed.Count(item => item.State == "removed")} taken out")}; {import.Decisions.Count} to decide, {import.Impossible.Count} not possible.");
    }
}
