using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>One end of a line of the graph.</summary>
public sealed record PeerNode(string Name, double Y);

/// <param name="Weight">Width of the line: by the count's logarithm.</param>
/// <param name="State">As BaselineItem.state.</param>
public sealed record PeerLine(PeerNode From, PeerNode To, double Weight, string State, string Words);

/// <summary>Which program of a deployment speaks to which peer: programs on the left, peers on the right, the busiest first.</summary>
public sealed class PeerGraph
{
    public const double RowHeight = 28;
    private const int MostPrograms = 12;
    private const int MostPeers = 24;

    private PeerGraph(IReadOnlyList<PeerNode> programs, IReadOnlyList<PeerNode> peers, IReadOnlyList<PeerLine> lines, int omitted) =>
        (Programs, Peers, Lines, Omitted) = (programs, peers, lines, omitted);

    public IReadOnlyList<PeerNode> Programs { get; }
    public IReadOnlyList<PeerNode> Peers { get; }
    public IReadOnlyList<PeerLine> Lines { get; }

    /// <summary>Lines that are not drawn; the list of items has them.</summary>
    public int Omitted { get; }
    public double Height => Math.Max(Math.Max(Programs.Count, Peers.Count), 1) * RowHeight;

    public static PeerGraph Of(IEnumerable<BaselineItem> items)
    {
        var edges = items.Where(item => item.Kind == "egress").Select(Parse).Where(edge => edge.Peer.Length > 0).OrderByDescending(edge => edge.Item.Count).ToList();
        var programs = Column(edges.Select(edge => edge.Program), MostPrograms);
        var peers = Column(edges.Select(edge => edge.Peer), MostPeers);
        List<PeerLine> lines = [];
        foreach (var (item, program, peer) in edges)
        {
            if (programs.TryGetValue(program, out var from) && peers.TryGetValue(peer, out var to))
            {
                lines.Add(new(from, to, 1 + Math.Min(5, Math.Log10(1 + item.Count)), item.State, $"{program} to {peer}: {Runtime.Cli.Output.Words.Count(item.Count, "time")}, {item.State}"));
            }
        }

        return new([.. programs.Values], [.. peers.Values], lines, edges.Count - lines.Count);
    }

    private static Dictionary<string, PeerNode> Column(IEnumerable<string> names, int most) =>
        names.Distinct(StringComparer.Ordinal).Take(most).Select((name, i) => new PeerNode(name, (i + 0.5) * RowHeight)).ToDictionary(node => node.Name, StringComparer.Ordinal);

    private static (BaselineItem Item, string Program, string Peer) Parse(BaselineItem item) => ItemParts.Of(item.Key) is [var program, .. var peer] && peer.Length > 0
        ? (item, program, string.Join(' ', peer.Where(part => part is not "-").Select(ItemParts.Peer)))
        : (item, "", "");
}
