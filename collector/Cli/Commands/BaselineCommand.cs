using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Runtime.Cli.Exports;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class BaselineCommand
{
    public static Command Create(CommonOptions common, Terminal terminal) =>
        new("baseline", "What a deployment is known to do")
        {
            Show(common, terminal), BaselineExport.Create(common, terminal, ScopeArgument()), BaselineFileCommands.Diff(common, terminal), BaselineFileCommands.Check(common, terminal), BaselineFileCommands.Import(common, terminal),
            Expand(common, terminal), Remove(common, terminal),
        };

    private static Argument<string> ScopeArgument() => new("SCOPE") { Description = "Deployment: its id or an unambiguous part of it, such as web or shop/web" };

    private static Command Show(CommonOptions common, Terminal terminal)
    {
        var scope = ScopeArgument();
        var command = new Command("show", "The baseline with its state, for people") { scope };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var baseline = await connection.AskAsync((query, options) => query.GetBaselineAsync(new() { Scope = parsed.GetValue(scope) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), baseline, () => Write(terminal, baseline));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Expand(CommonOptions common, Terminal terminal)
    {
        var scope = ScopeArgument();
        var item = new Argument<string>("ITEM") { Description = "Key of an item that stands for several names, as \"baseline show\" prints it" };
        var note = new Option<string>("--note") { Description = "Why; kept with your name and the time", HelpName = "WORDS", DefaultValueFactory = _ => "" };
        var command = new Command("expand", "Undoes an item that stands for several names: they are items again, and their folder is not generalised any more") { scope, item, note };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var expanded = await connection.AskAsync(
                (query, options) => query.ExpandItemAsync(new() { Scope = parsed.GetValue(scope), Key = parsed.GetValue(item), Note = parsed.GetValue(note) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), expanded, () => terminal.Out.WriteLine(
                $"Expanded: {Page.Safe(expanded.Key)} in {Page.Safe(Words.Scope(expanded.ScopeId))}. {Words.Count((ulong)expanded.Items.Count, "name")} came back; {Words.Number(expanded.Forgotten)} that it stood for are not kept any more."));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Remove(CommonOptions common, Terminal terminal)
    {
        var scope = ScopeArgument();
        var item = new Argument<string>("ITEM") { Description = "The item's whole key, as baseline show prints it" };
        var kind = new Option<string>("--kind", "-k") { Description = "The item's kind, where the key is of several", HelpName = "KIND", DefaultValueFactory = _ => "" };
        var reason = new Option<string>("--reason") { Description = "Why; kept with your name and the time", HelpName = "WORDS", Required = true };
        var command = new Command("remove", "Takes an item out: it deviates when it is seen again, and only an approval gives it back") { scope, item, kind, reason };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var removed = await connection.AskAsync(
                (query, options) => query.RemoveBaselineItemAsync(
                    new() { Scope = parsed.GetValue(scope), Key = parsed.GetValue(item), Kind = parsed.GetValue(kind), Reason = parsed.GetValue(reason) }, options),
                stop);
            Answer.Write(terminal, common.FormOf(parsed), removed, () => terminal.Out.WriteLine(
                $"Removed {removed.Kind} {Page.Safe(removed.Key)}. It deviates when it is seen again; to give it back: runtimectl deviations list --kind {removed.Kind}, then deviations approve."));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>A row for each item, with its kind.</summary>
    internal static JsonObject Rows(Baseline baseline) => new()
    {
        ["items"] = new JsonArray([.. baseline.Items.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Key, StringComparer.Ordinal).Select(item => (JsonNode)new JsonObject
        {
            ["kind"] = item.Kind, ["key"] = item.Key, ["state"] = item.State, ["firstSeen"] = Words.Moment(item.FirstSeen), ["lastSeen"] = Words.Moment(item.LastSeen), ["count"] = item.Count,
        })]),
    };

    /// <summary>Nothing in it changes while the deployment only does what it did: two exports differ where the baseline does.</summary>
    /// <param name="withSights">With times and counts, which do change.</param>
    internal static JsonObject Tree(Baseline baseline, bool withSights = false)
    {
        var kinds = new JsonObject();
        foreach (var kind in baseline.Items.GroupBy(item => item.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            kinds[kind.Key] = new JsonArray([.. kind.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => Item(item, withSights))]);
        }

        return new JsonObject
        {
            ["scope"] = baseline.Deployment.ScopeId,
            ["images"] = new JsonArray([.. baseline.Deployment.Images.Order(StringComparer.Ordinal).Select(image => JsonValue.Create(image))]),
            ["items"] = kinds,
        };
    }

    private static JsonObject Item(BaselineItem item, bool withSights)
    {
        var tree = new JsonObject { ["key"] = item.Key, ["state"] = item.State };
        if (withSights)
        {
            tree["firstSeen"] = Time(item.FirstSeen);
            tree["lastSeen"] = Time(item.LastSeen);
            tree["count"] = item.Count;
        }

        if (item.ApprovedBy.Length > 0)
        {
            tree["approvedBy"] = item.ApprovedBy;
            tree["approvedAt"] = Time(item.ApprovedAt);
        }

        if (item.RemovedAt is not null)
        {
            tree["removedBy"] = item.RemovedBy;
            tree["removedAt"] = Time(item.RemovedAt);
            tree["removedReason"] = item.RemovedReason;
        }

        return tree;
    }

    private static string? Time(Timestamp? time) => time?.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static void Write(Terminal terminal, Baseline baseline)
    {
        var now = terminal.Time.GetUtcNow();
        var deployment = baseline.Deployment;
        terminal.Out.WriteLine(Ink.Bold.Paint(Page.Safe(Words.Scope(deployment.ScopeId)), terminal));
        var facts = new TextTable(new Column(""), new Column("", Flexible: true));
        facts.Add("Id", deployment.ScopeId);
        facts.Add("Images", string.Join(", ", deployment.Images));
        facts.Add("Replicas", $"{deployment.Replicas}");
        facts.Add("First seen", Words.MomentAndAgo(deployment.FirstSeen, now));
        facts.Add("Last seen", Words.MomentAndAgo(deployment.LastSeen, now));
        if (deployment.AlertBudgetSetting.Length > 0)
        {
            facts.Add("Alert budget", $"{Words.Number(deployment.AlertBudget)} false alerts a day, by {deployment.AlertBudgetSetting}");
        }

        facts.Write(terminal);
        terminal.Out.WriteLine();

        var groups = new TextTable(
            new("KIND"), new("STATE"), new("UNITS", Right: true), new("STARTS", Right: true), new("ITEMS", Right: true),
            new("NEW/DAY", Right: true), new("COVERAGE", Right: true), new("ALERTS FROM", Right: true), new("WAITS FOR", Flexible: true));
        foreach (var group in deployment.Groups)
        {
            groups.Add(
                group.Kind, new Cell(group.State, InkExtensions.OfState(group.State)), Words.Number(group.Units), Words.Number(group.Starts), Words.Number(group.Items),
                Words.Number(group.PredictedNew), group.Coverage.ToString("P1", CultureInfo.InvariantCulture), Words.Number(group.Threshold), group.WaitsFor);
        }

        groups.Write(terminal);
        terminal.Out.WriteLine();
        foreach (var group in deployment.Groups.Where(group => group.Churning.Count > 0))
        {
            terminal.Out.WriteLine($"What stays new ({group.Kind}):");
            var churning = new TextTable(new Column("ITEMS", Right: true), new Column("BEGIN WITH", Flexible: true));
            foreach (var prefix in group.Churning)
            {
                churning.Add(Words.Number(prefix.Items), prefix.Prefix);
            }

            churning.Write(terminal);
            terminal.Out.WriteLine();
        }

        WriteItems(terminal, baseline);
    }

    internal static void WriteItems(Terminal terminal, Baseline baseline)
    {
        if (baseline.Items.Count == 0)
        {
            terminal.Out.WriteLine("Nothing was learnt yet.");
            return;
        }

        var now = terminal.Time.GetUtcNow();
        var items = new TextTable(
            new("KIND"), new("ITEM", Flexible: true), new("SEEN", Right: true), new("UNITS", Right: true), new("STARTS", Right: true), new("DAYS", Right: true), new("LAST SEEN"), new("STATE", Flexible: true));
        foreach (var item in baseline.Items.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Key, StringComparer.Ordinal))
        {
            var state = item.RemovedAt is not null ? $"{item.State} by {item.RemovedBy}, {Words.Ago(item.RemovedAt, now)}: {item.RemovedReason}"
                : item.ApprovedBy.Length > 0 ? $"{item.State} by {item.ApprovedBy}, {Words.Ago(item.ApprovedAt, now)}"
                : item.Names > 0 ? $"{item.State}, stands for {Words.Number(item.Names)} names{(item.Examples.Count > 0 ? $", e.g. {string.Join(", ", item.Examples)}" : "")}"
                : item.State;
            items.Add(
                item.Kind, item.Key, Words.Number(item.Count), Saturating(item.Units, 3), Saturating(item.Starts, 3), Saturating(item.Days, 255),
                Words.Ago(item.LastSeen, now), new Cell(state, InkExtensions.OfState(item.State)));
        }

        items.Write(terminal);
    }

    /// <summary>The collector counts no further than that.</summary>
    private static string Saturating(uint count, uint top) => count >= top ? $"{top}+" : $"{count}";
}
