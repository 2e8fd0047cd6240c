using Runtime.Collector.Baselines;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What a baseline learnt, as one comparable text: every item with its counts and times.</summary>
internal sealed record BaselineItems(int Count, string Text)
{
    public static BaselineItems Of(BaselineView view) => new(
        view.Items.Count,
        string.Join('\n', view.Items.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Key, StringComparer.Ordinal)
            .Select(item => $"{item.Kind} {item.Key} {item.FirstSeen:O} {item.LastSeen:O} {item.Count} {item.Units} {item.Starts} {item.Days} {item.State}")));
}
