using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

internal sealed partial class ObservationJudge
{
    /// <summary>By the name it was reached by, else by its address: what was learnt before names were told stays known. Leaves the key that counts in the buffer.</summary>
    private Item? FindPeer(NetworkObservation network, PeerKind peer, ReadOnlySpan<char> folded, Span<char> port)
    {
        if (Peers.NameOf(network, peer) is not { } name)
        {
            return FindEgress(network, folded, port);
        }

        if (FindEgress(network, name, port) is { } named)
        {
            return named;
        }

        if (FindEgress(network, folded, port) is { State: not ItemState.Pending } known)
        {
            return known;
        }

        return FindEgress(network, name, port);
    }
}
