using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Scopes;

/// <summary>Peers, names, listeners and sockets.</summary>
internal sealed partial class ObservationJudge
{
    private const int DistinctPorts = 8;

    private void JudgeNetwork(NetworkObservation network, in Sight sight, ImageVersion? image)
    {
        var isState = (network.Flags & NetworkFlags.AtStart) != 0;
        var fact = isState ? null : JudgeTierZero(network);
        Span<char> port = stackalloc char[16];
        Span<char> folded = stackalloc char[PeerNames.FoldedLength];
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
                item = PeerNames.IsNamed(network, peer) ? FindNamed(network, folded, port) : null;

                // A baseline that was learnt without names (an older kernel, a lower rung) has the peer by its address.
                item ??= FindEgress(network, Peers.Fold(peer, network.RemoteAddress, folded), port);
                if (item is null && PeerNames.IsNamed(network, peer))
                {
                    NameNewPeer(network, folded, port);
                }

                break;
            case NetworkOperation.NameQuery when network.Name.Length > 0:
                group = KindGroup.Egress;
                peer = Peers.KindOf(network);
                item = FindName(network, folded);
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
        var state = StateFor(group, image);
        var surroundings = SurroundingsOf(network, image, state) with
        {
            HasEgress = group == KindGroup.Egress && HasEgress(network.Process.Binary, key),
            IsNamed = PeerNames.IsNamed(network, peer),
            SeesNames = peer == PeerKind.Public && SeesNames(),
            HasResolver = peer == PeerKind.Dns && HasResolver(key),
            ManyNames = group == KindGroup.Egress && ItemKey.IsManyNames(key),
        };

        Deviate(network, (ItemKind)key[0], key, NetworkEvidence.Assess(network, peer, surroundings),
            group, state, fact is not null, isState, sight, image, Titles.Network);
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
        if (folded is not null || CountBelow(prefix) >= DistinctPorts)
        {
            return folded;
        }

        _key.Egress(network, peer, portClass);
        return null;
    }

    private int CountBelow(string prefix) => baseline.Items.All.Count(item => item.FullKey.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>By the peer's name, or by any name for a program that is known to connect to many.</summary>
    private Item? FindNamed(NetworkObservation network, Span<char> folded, Span<char> port)
    {
        var portClass = Peers.PortClass(network.RemotePort, port);
        return baseline.Items.Find(_key.Egress(network, PeerName(network, folded), portClass)) ?? baseline.Items.Find(_key.Egress(network, PeerNames.AnyName, portClass));
    }

    /// <summary>Leaves the key of a peer whose name is new in the buffer: its own, or any name's.</summary>
    private void NameNewPeer(NetworkObservation network, Span<char> folded, Span<char> port)
    {
        var portClass = Peers.PortClass(network.RemotePort, port);
        _key.Egress(network, IsOpenEgress(network, portClass) ? PeerNames.AnyName : PeerName(network, folded), portClass);
    }

    private static ReadOnlySpan<char> PeerName(NetworkObservation network, Span<char> folded)
    {
        PeerNames.Prefix.CopyTo(folded);
        return folded[..(PeerNames.Prefix.Length + PeerNames.Fold(network.Name, folded[PeerNames.Prefix.Length..]).Length)];
    }

    /// <summary>More learnt names than a list of peers has. What is pending does not count: an attacker's many peers open nothing.</summary>
    private bool IsOpenEgress(NetworkObservation network, ReadOnlySpan<char> portClass)
    {
        var prefix = string.Concat(_key.EgressPrefix(network), PeerNames.Prefix);
        var suffix = $"|{portClass}|{Peers.ProtocolName(network.Protocol)}";
        return baseline.Items.All.Count(item => item.State != ItemState.Pending
            && item.FullKey.StartsWith(prefix, StringComparison.Ordinal) && item.FullKey.EndsWith(suffix, StringComparison.Ordinal)) >= PeerNames.DistinctPeers;
    }

    /// <summary>The name, or its domain once the program asked for many below it. Leaves the key that counts in the buffer.</summary>
    private Item? FindName(NetworkObservation network, Span<char> folded)
    {
        var name = PeerNames.Fold(network.Name, folded);
        if (baseline.Items.Find(_key.Name(network.Process, name)) is { } exact)
        {
            return exact;
        }

        var domain = PeerNames.Domain(name).ToString();
        if (domain.Length == 0 || name[0] == '*')
        {
            return null;
        }

        if (baseline.Items.Find(_key.Name(network.Process, "*." + domain)) is { } wide)
        {
            return wide;
        }

        var prefix = _key.NamePrefix(network.Process).ToString();
        _key.Name(network.Process, CountBelow(prefix, domain) >= PeerNames.DistinctBelowDomain ? "*." + domain : name);
        return null;
    }

    private int CountBelow(string prefix, string domain) => baseline.Items.All.Count(item =>
        item.FullKey.StartsWith(prefix, StringComparison.Ordinal) && PeerNames.Domain(item.FullKey.AsSpan(prefix.Length)).SequenceEqual(domain));

    private bool HasResolver(string except) => baseline.Items.All.Any(item =>
        item.Kind == ItemKind.Egress && item.State != ItemState.Pending && item.FullKey != except && item.FullKey.Contains("|" + Peers.Resolver, StringComparison.Ordinal));

    /// <summary>Whether names are known here at all: without them an address says nothing about who avoided asking.</summary>
    private bool SeesNames() => baseline.Items.All.Any(item => item.Kind == ItemKind.Name);

    private bool HasEgress(string binary, string except)
    {
        var prefix = (char)ItemKind.Egress + binary + "|";
        return baseline.Items.All.Any(item => item.FullKey != except && item.FullKey.StartsWith(prefix, StringComparison.Ordinal) && !ItemKey.IsSocket(item.FullKey));
    }
}
