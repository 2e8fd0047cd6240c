using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Scopes;

/// <summary>Peers, listeners and sockets.</summary>
internal sealed partial class ObservationJudge
{
    private const int DistinctPorts = 8;

    private void JudgeNetwork(NetworkObservation network, in Sight sight, ImageVersion? image)
    {
        var isState = (network.Flags & NetworkFlags.AtStart) != 0;
        var fact = isState ? null : JudgeTierZero(network);
        Span<char> port = stackalloc char[16];
        Span<char> folded = stackalloc char[Peers.FoldedLength];
        var peer = PeerKind.Unknown;
        Item? item;
        KindGroup group;
        switch (network.Operation)
        {
            case NetworkOperation.Listen:
                group = KindGroup.Listen;
                item = baseline.Items.Find(_key.Listen(network, Peers.PortClass(network.LocalPort, port)));
                break;
            case NetworkOperation.Connect or NetworkOperation.UdpPeer:
                group = KindGroup.Egress;
                peer = Peers.KindOf(network);
                item = FindEgress(network, Peers.Fold(peer, network.RemoteAddress, folded), port);
                break;
            case NetworkOperation.UnixConnect or NetworkOperation.RawSocket or NetworkOperation.Scan:
                group = KindGroup.Egress;
                item = baseline.Items.Find(_key.Socket(network));
                break;
            default:
                return;
        }

        if (IsKnown(item, sight, network))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var state = baseline.StateFor(group, image);
        var surroundings = SurroundingsOf(network, image, state) with
        {
            HasEgress = group == KindGroup.Egress && HasEgress(network.Process.Binary, key),
        };

        Deviate(network, group == KindGroup.Listen ? ItemKind.Listen : ItemKind.Egress, key, NetworkEvidence.Assess(network, peer, surroundings),
            group, state, fact is not null, isState, sight, history => Titles.Network(network, scope.DisplayName, history));
    }

    /// <summary>Tries the port itself, then the fold that takes its place once a program used many ports of a peer. Leaves the key that counts in the buffer.</summary>
    private Item? FindEgress(NetworkObservation network, ReadOnlySpan<char> peer, Span<char> port)
    {
        var portClass = Peers.PortClass(network.RemotePort, port);
        var exact = baseline.Items.Find(_key.Egress(network, peer, portClass));
        if (exact is not null || network.RemotePort is < 1024 or >= 32768)
        {
            return exact;
        }

        var key = _key.Text;
        var prefix = key[..(key[..key.LastIndexOf('|')].LastIndexOf('|') + 1)].ToString();
        var folded = baseline.Items.Find(_key.Egress(network, peer, "reg"));
        if (folded is not null || baseline.Items.All.Count(item => item.FullKey.StartsWith(prefix, StringComparison.Ordinal)) >= DistinctPorts)
        {
            return folded;
        }

        _key.Egress(network, peer, portClass);
        return null;
    }

    private bool HasEgress(string binary, string except)
    {
        var prefix = (char)ItemKind.Egress + binary + "|";
        return baseline.Items.All.Any(item => item.FullKey != except && item.FullKey.StartsWith(prefix, StringComparison.Ordinal) && !ItemKey.IsSocket(item.FullKey));
    }
}
