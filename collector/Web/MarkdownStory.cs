using System.Text;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>An incident as Markdown, for a ticket or a chat. Text that came from a container stands in code spans, where it can be nothing but text.</summary>
internal static class MarkdownStory
{
    private const int MaxDeviations = 50;

    public static string Of(Incident incident)
    {
        var story = new StringBuilder();
        story.Append("## ").Append(Code(incident.Title)).Append("\n\n");
        story.Append($"- Severity: {Words.Of(incident.Severity)}, {incident.State}\n");
        story.Append("- Deployment: ").Append(Code(incident.ScopeId)).Append('\n');
        story.Append($"- Seen: {Words.Moment(incident.FirstSeen)} to {Words.Moment(incident.LastSeen)}, {Words.Count(incident.Count, "time")}\n");
        List(story, "Pods", incident.Pods);
        List(story, "Nodes", incident.Nodes);
        List(story, "Images", incident.Images);
        List(story, "ATT&CK", incident.Techniques);
        story.Append("- Incident: ").Append(Code(incident.Id)).Append("\n\n### What happened\n\n");
        foreach (var deviation in incident.Deviations.OrderBy(deviation => deviation.Time).Take(MaxDeviations))
        {
            story.Append($"- {Words.Moment(deviation.Time)} ").Append(Code(deviation.Title)).Append('\n');
        }

        if (incident.Deviations.Count > MaxDeviations)
        {
            story.Append($"- and {incident.Deviations.Count - MaxDeviations} more\n");
        }

        if (incident.ProcessTree.Length > 0)
        {
            story.Append("\n### Processes\n\n");
            foreach (var line in incident.ProcessTree.Split('\n'))
            {
                // Four spaces: a block that no line within can end.
                story.Append("    ").Append(Shown.Text(line)).Append('\n');
            }
        }

        story.Append("\n### Why it is odd\n\n");
        foreach (var evidence in Reasons(incident))
        {
            story.Append($"- {Shown.Factor(evidence.Factor)} ").Append(Code(evidence.Reason)).Append(evidence.Technique.Length > 0 ? $" ({evidence.Technique})" : "").Append('\n');
        }

        return story.ToString();
    }

    /// <summary>Each reason once, the weightiest first.</summary>
    public static IEnumerable<Evidence> Reasons(Incident incident) =>
        incident.Deviations.SelectMany(deviation => deviation.Evidence).DistinctBy(evidence => evidence.Reason).OrderByDescending(evidence => evidence.Factor);

    private static void List(StringBuilder story, string what, Google.Protobuf.Collections.RepeatedField<string> values)
    {
        if (values.Count > 0)
        {
            story.Append($"- {what}: ").AppendJoin(", ", values.Select(Code)).Append('\n');
        }
    }

    /// <summary>CommonMark 6.1: a span ends with as many backticks as it began with, so it begins with one more than it holds in a row.</summary>
    internal static string Code(string text)
    {
        var shown = Shown.Text(text);
        var (longest, run) = (0, 0);
        foreach (var character in shown)
        {
            run = character == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        var fence = new string('`', longest + 1);
        var space = shown.StartsWith('`') || shown.EndsWith('`') ? " " : "";
        return shown.Length == 0 ? "-" : $"{fence}{space}{shown}{space}{fence}";
    }
}
