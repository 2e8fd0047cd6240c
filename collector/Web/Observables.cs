using System.Net;
using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>What of an incident may have appeared elsewhere too: programs that deviate, their contents, who they spoke to, what they asked for.</summary>
internal static class Observables
{
    private const int Most = 6;
    private const int LongestQuestion = 256;

    /// <returns>Each once, the strongest evidence first; as FindSightings takes them.</returns>
    public static IReadOnlyList<string> Of(IEnumerable<Deviation> deviations) =>
    [
        .. deviations.OrderByDescending(deviation => deviation.EValue).ThenBy(deviation => deviation.Time).SelectMany(Of)
            .Where(what => what.Length is > 0 and <= LongestQuestion).Distinct(StringComparer.Ordinal).Take(Most),
    ];

    private static IEnumerable<string> Of(Deviation deviation)
    {
        var parts = ItemParts.Of(deviation.Key);
        switch (deviation.Kind)
        {
            // "self", "scan", a socket's path are peers too, and nowhere else.
            case "egress" when parts is [_, var peer, ..] && (peer != ItemParts.Peer(peer) || IPAddress.TryParse(peer, out _) || IPNetwork.TryParse(peer, out _)):
                yield return ItemParts.Peer(peer);
                break;
            case "name" when parts is [_, var name, ..]:
                yield return name;
                break;
            case "binary" when parts is [_, _, var content, ..]:
                yield return content;
                break;
            default:
                break;
        }

        if (deviation.Lineage.Count > 0 && deviation.Lineage[0].Binary.StartsWith('/'))
        {
            yield return deviation.Lineage[0].Binary;
        }
    }
}
