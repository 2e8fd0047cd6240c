using System.Globalization;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Detection;

/// <summary>A node's sight in words for a person. The agent's own text is escaped where it is shown.</summary>
internal static class SightWords
{
    public static string Of(SightObservation sight) => sight switch
    {
        { IsBlind: true, Kind: AgentSight.Everything } => $"nothing is heard of {sight.Node} since {Clock(sight.Since)}: {sight.Reason}",
        { IsBlind: true } => $"{sight.Node} does not see {What(sight.Kind)} since {Clock(sight.Since)}{(sight.Reason.Length > 0 ? ": " + sight.Reason : "")}",
        { Kind: AgentSight.Everything } => $"{sight.Node} is heard of again; it was silent since {Clock(sight.Since)}",
        _ => $"{sight.Node} sees {What(sight.Kind)} again; it did not since {Clock(sight.Since)}",
    };

    private static string What(string kind) => kind switch
    {
        "exec" => "programs that start",
        "write" => "files that are written",
        _ => "connections",
    };

    private static string Clock(DateTimeOffset time) => time.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
