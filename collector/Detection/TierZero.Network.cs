using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Detection;

/// <summary>Whom a process speaks to, and how.</summary>
internal static partial class TierZero
{
    private static TierZeroFact? OfNetwork(NetworkObservation network, RuleSet rules)
    {
        if (network.Operation == NetworkOperation.FirstBytes && network.Payload == "stratum" && rules.IsOn(Stratum))
        {
            return new TierZeroFact(Stratum, $"{Who(network.Process)} speaks Stratum, the protocol of mining pools, with {Where(network)}", "T1496.001");
        }

        if (IsOfPool(network, rules) && rules.IsOn(PoolName))
        {
            var did = network.Operation == NetworkOperation.NameQuery ? "looked up" : (network.Flags & NetworkFlags.NameFromSni) != 0 ? "asked for the TLS server" : "connected to";
            return new TierZeroFact(PoolName, $"{Who(network.Process)} {did} {DisplayText.Shorten(DisplayText.Escape(network.Name), 120)}, a mining pool", "T1496.001");
        }

        if (network is { Operation: NetworkOperation.UnixConnect, Container: not null })
        {
            return rules.IsOn(RuntimeSocket)
                ? new TierZeroFact(RuntimeSocket, $"{Who(network.Process)} connected to {DisplayText.Path(network.Name)}, by which every container of the node is commanded", "T1611") { OnlyWhenNew = true }
                : null;
        }

        return network.Operation is NetworkOperation.Connect or NetworkOperation.UdpPeer && rules.IsOn(Miner) ? OfMiner(network, rules) : null;
    }

    private static TierZeroFact? OfMiner(NetworkObservation network, RuleSet rules)
    {
        // By index: this is asked of every connection, and an interface's enumerator is an allocation.
        for (var i = 0; i < network.Lineage.Count; i++)
        {
            var process = network.Lineage[i];
            if (MinerArguments.Find(process, rules) is { } argument && IsBehaviour(network, process))
            {
                return new TierZeroFact(
                    Miner, $"{Who(process)} was started like a miner ({DisplayText.Shorten(DisplayText.Escape(argument), 80)}) and connected to {Where(network)}", "T1496.001");
            }
        }

        return null;
    }

    /// <summary>A resolver passes on what others ask: its question says nothing of itself. What it connects to by name does.</summary>
    private static bool IsOfPool(NetworkObservation network, RuleSet rules) =>
        network.Name.Length > 0
        && network.Operation is NetworkOperation.NameQuery or NetworkOperation.Connect or NetworkOperation.UdpPeer or NetworkOperation.FirstBytes
        && rules.IsPoolName(network.Name)
        && !(network.Operation == NetworkOperation.NameQuery && ProgramNames.IsResolver(network.Process.Binary));

    /// <summary>Asking a resolver is what any program does; the own host counts only when the arguments name the port.</summary>
    private static bool IsBehaviour(NetworkObservation network, ProcessInfo told) => Peers.KindOf(network) switch
    {
        PeerKind.Self => MinerArguments.NamesPort(told, network.RemotePort),
        PeerKind.Dns or PeerKind.Unknown or PeerKind.Multicast => false,
        _ => network.RemotePort != 53,
    };

    private static string Where(NetworkObservation network) => network.RemoteAddress is null
        ? "an unknown address"
        : new global::System.Net.IPEndPoint(network.RemoteAddress, network.RemotePort).ToString();
}
