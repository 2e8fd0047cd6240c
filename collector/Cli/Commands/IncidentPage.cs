using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

/// <summary>One incident for a person who has to decide.</summary>
internal static class IncidentPage
{
    // A story that nobody reads to its end helps nobody; JSON has all.
    private const int MaxStory = 30;
    private const int MaxNames = 10;

    public static void Write(Terminal terminal, Incident incident)
    {
        var now = terminal.Time.GetUtcNow();
        terminal.Out.WriteLine(
            $"{Ink.Bold.Paint(Page.Safe(incident.Title), terminal)}  {InkExtensions.Of(incident.Severity).Paint(Words.Of(incident.Severity), terminal)}, {InkExtensions.OfState(incident.State).Paint(Page.Safe(incident.State), terminal)}");
        var facts = new TextTable(new Column(""), new Column("", Flexible: true));
        facts.Add("Incident", incident.Id);
        facts.Add("Deployment", $"{Words.Scope(incident.ScopeId)}  [{incident.ScopeId}]");
        facts.Add("First seen", Words.MomentAndAgo(incident.FirstSeen, now));
        facts.Add("Last seen", Words.MomentAndAgo(incident.LastSeen, now));
        facts.Add("Evidence", $"{Words.Number(incident.EValue)} to 1 for an attack; this deployment alerts from {Words.Number(incident.Threshold)}{Silence(incident)}");
        if (incident.Techniques.Count > 0)
        {
            facts.Add("ATT&CK", string.Join(", ", incident.Techniques));
        }

        facts.Write(terminal);
        WriteStory(terminal, incident);
        WriteReasons(terminal, incident);
        WriteSpread(terminal, incident);
        WriteTold(terminal, incident, now);
        WriteNext(terminal, incident);
    }

    private static string Silence(Incident incident) =>
        incident.MutedBy.Count > 0 ? $"; muted by {Page.Safe(string.Join(", ", incident.MutedBy.Select(Words.ShortId)))}, see runtimectl mutes list"
        : incident.Alerted ? ""
        : incident.Delayed ? "; left to the daily digest: a scheduler started it in the deployment's first week"
        : "; people were not told";

    private static void WriteStory(Terminal terminal, Incident incident)
    {
        Page.Heading(terminal, "What happened");
        var story = new TextTable(new Column(""), new Column(""), new Column("", Flexible: true), new Column("", Right: true), new Column(""));
        foreach (var deviation in incident.Deviations.OrderBy(deviation => deviation.Time).Take(MaxStory))
        {
            story.Add(
                Words.Moment(deviation.Time), new Cell(Words.ShortId(deviation.Id), Ink.Dim), deviation.Title,
                deviation.Count > 1 ? $"{Words.Number(deviation.Count)}x" : "", deviation.State == "open" ? "" : deviation.State);
        }

        story.Write(terminal, "  ");
        if (incident.Deviations.Count > MaxStory)
        {
            terminal.Out.WriteLine($"  … and {incident.Deviations.Count - MaxStory} more: runtimectl incidents show {Words.ShortId(incident.Id)} -o json");
        }

        if (incident.ProcessTree.Length > 0)
        {
            Page.Heading(terminal, "Processes");
            Page.Block(terminal, incident.ProcessTree);
        }
    }

    /// <summary>The collector's cap of evidence: what alerts whatever was learnt carries it, and nothing else reaches it.</summary>
    private const double AlwaysAlerts = 1e6;

    private static void WriteReasons(Terminal terminal, Incident incident)
    {
        var reasons = incident.Deviations.SelectMany(deviation => deviation.Evidence).DistinctBy(evidence => evidence.Reason).OrderByDescending(evidence => evidence.Factor).ToList();
        if (reasons.Count == 0)
        {
            return;
        }

        Page.Heading(terminal, "Why it is odd");
        var table = new TextTable(new Column("", Right: true), new Column("", Flexible: true), new Column(""));
        foreach (var reason in reasons)
        {
            table.Add(reason.Factor >= AlwaysAlerts ? "always" : "x" + Words.Number(reason.Factor), reason.Reason, new Cell(reason.Technique, Ink.Dim));
        }

        table.Write(terminal, "  ");
    }

    private static void WriteSpread(Terminal terminal, Incident incident)
    {
        Page.Heading(terminal, "Where");
        terminal.Out.WriteLine(
            $"  {Words.Count(incident.Count, "time")}, {Words.Count((ulong)incident.Pods.Count, "pod")}, {Words.Count((ulong)incident.Containers.Count, "container")}, {Words.Count((ulong)incident.Nodes.Count, "node")}");
        var table = new TextTable(new Column(""), new Column("", Flexible: true));
        foreach (var (what, names) in new[] { ("Pods", incident.Pods), ("Containers", incident.Containers), ("Nodes", incident.Nodes), ("Images", incident.Images) })
        {
            if (names.Count > 0)
            {
                var shown = names.Take(MaxNames).Select(name => what == "Containers" ? Words.ShortId(name) : name);
                table.Add(what, string.Join(", ", shown) + (names.Count > MaxNames ? $", … ({names.Count})" : ""));
            }
        }

        table.Write(terminal, "  ");
    }

    private static void WriteTold(Terminal terminal, Incident incident, DateTimeOffset now)
    {
        Page.Heading(terminal, "Who was told");
        if (incident.Deliveries.Count == 0)
        {
            terminal.Out.WriteLine(incident.Alerted ? "  nobody: the settings have no notifier for this severity" : "  nobody yet: the evidence is below the deployment's threshold");
        }

        var deliveries = new TextTable(new Column(""), new Column(""), new Column(""), new Column(""), new Column("", Flexible: true));
        foreach (var delivery in incident.Deliveries)
        {
            deliveries.Add(
                delivery.Notifier, new Cell(delivery.State, InkExtensions.OfState(delivery.State)), Words.Count(delivery.Attempts, "attempt"), Words.Ago(delivery.Time, now), delivery.Answer);
        }

        deliveries.Write(terminal, "  ");
        if (incident.UntoldFacts > 0)
        {
            terminal.Out.WriteLine(
                $"  {Words.Count(incident.UntoldFacts, "more kind")} of facts that always alert joined later and {(incident.UntoldFacts == 1 ? "was" : "were")} not told: see what happened, above");
        }

        if (incident.Audit.Count > 0)
        {
            Page.Heading(terminal, "What people did");
            var audit = new TextTable(new Column(""), new Column(""), new Column(""), new Column("", Flexible: true));
            foreach (var entry in incident.Audit)
            {
                audit.Add(Words.Moment(entry.Time), entry.Who, entry.Action, entry.Note);
            }

            audit.Write(terminal, "  ");
        }
    }

    private static void WriteNext(Terminal terminal, Incident incident)
    {
        if (incident.State != "open")
        {
            return;
        }

        Page.Heading(terminal, "What next");
        var id = Words.ShortId(incident.Id);
        var since = incident.FirstSeen.ToDateTimeOffset().AddMinutes(-5).ToString("yyyy-MM-dd'T'HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var next = new TextTable(new Column("", Flexible: true), new Column("", Flexible: true));
        next.Add($"runtimectl events list --scope {incident.ScopeId} --since {since}", "what the deployment did around it");
        next.Add($"runtimectl incidents approve {id} --note WHY", "it is meant to be so: part of the baseline from now on");
        next.Add($"runtimectl incidents close {id} --verdict benign --note WHY", "harmless, and odd the next time too");
        next.Add($"runtimectl incidents close {id} --verdict malicious --note WHY", "an attack, and dealt with");

        // Commands are there to be copied: never cut.
        next.Write(terminal with { Width = null }, "  ");
    }
}
