using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Detection;

/// <summary>What a new peer or a new listener weighs.</summary>
internal static class NetworkEvidence
{
    private static readonly int[] ProxyPorts = [1080, 9050, 9150];

    public static Assessment Assess(NetworkObservation network, PeerKind peer, in Surroundings surroundings)
    {
        var matches = new List<ClassMatch>();
        if (network.Operation == NetworkOperation.Listen)
        {
            matches.Add(Peers.BindClass(network.LocalAddress) == "loopback"
                ? new("listen_loopback", 2, "it listens on the loopback address", "")
                : new("listen", 8, "it listens on a port that nothing here listened on", "T1571"));
            return Weigh(matches, network, surroundings);
        }

        if (network.Operation is NetworkOperation.UnixConnect or NetworkOperation.RawSocket or NetworkOperation.Scan)
        {
            matches.Add(OfSocket(network));
            return Weigh(matches, network, surroundings);
        }

        if (network.Operation == NetworkOperation.NameQuery)
        {
            matches.Add(OfName(surroundings));
            return Weigh(matches, network, surroundings);
        }

        if (network.RemotePort == 53 && (peer is PeerKind.Self or PeerKind.Public || surroundings.HasResolver))
        {
            // A cluster that moves its resolver moves it for all; nobody's application asks one in the internet.
            matches.Add(new("odd_resolver", peer == PeerKind.Public ? 30 : 15, "it asks a name server that nothing here asked", "T1071.004"));
        }

        if (peer is not PeerKind.Self and not PeerKind.Dns)
        {
            if (network.Operation == NetworkOperation.Connect && !network.Scope.IsHost && ProgramNames.IsShell(network.Process.Binary, network.Process.Arguments))
            {
                // bash's /dev/tcp. The shell itself, not a program that it runs.
                matches.Add(new("shell_connects", 80, "a shell itself opened a connection", "T1059.004", Severity.High));
            }

            if (!surroundings.HasEgress && (surroundings.Rules ?? RuleSet.BuiltIn).IsPoolPort(network.RemotePort))
            {
                matches.Add(new("pool_port", 20, "a program that never connected out dials a port of mining pools", "T1496.001"));
            }

            if (ProxyPorts.Contains(network.RemotePort))
            {
                matches.Add(new("proxy_port", 15, "it dials a port of Tor or of a SOCKS proxy", "T1090.003"));
            }
        }

        matches.Add(peer switch
        {
            PeerKind.Metadata => OfMetadata(network.Process),
            PeerKind.Public when surroundings.IsNamed => new("public_peer", 4, "the peer is in the internet and its name is new here", "T1071.001"),
            PeerKind.Public when surroundings.SeesNames => new("unnamed_peer", 12, "it dials an address in the internet that nobody here looked up", "T1071.001"),
            PeerKind.Public => new("public_peer", 4, "the address is in the internet and new here", "T1071.001"),
            PeerKind.Self => new("self_peer", 0.5, "it connects to its own pod", ""),
            PeerKind.Dns => new("dns_peer", 0.5, "it asks a resolver of the cluster", ""),
            _ => new("private_peer", 1, "the peer is in a private network and new here", ""),
        });
        return Weigh(matches, network, surroundings);
    }

    /// <summary>A library of the cloud's asks it when an application is built anew; nobody builds curl into one.</summary>
    private static ClassMatch OfMetadata(ProcessInfo process) =>
        ProgramNames.CalledName(process.Binary, process.Arguments) is var name && (ProgramNames.IsDownloader(name) || ProgramNames.IsShell(process.Binary, process.Arguments))
            ? new("metadata", 60, "it asks the cloud's metadata service, which gives credentials to whoever asks", "T1552.005", Severity.Critical)
            : new("metadata", 15, "it asks the cloud's metadata service, which nothing of its kind did here", "T1552.005", Severity.High);

    /// <summary>The connection that follows weighs; a name alone is what most novelty is. Many below one domain are how data leaves by questions.</summary>
    private static ClassMatch OfName(in Surroundings surroundings) =>
        surroundings.ManyNames ? new("many_names", 60, "it asked for more names below one domain than a program does: data can leave by the questions", "T1071.004")
        : new("new_name", 1, "the name is new here", "");

    /// <summary>On the host it is what the node's own tools are for.</summary>
    private static ClassMatch OfSocket(NetworkObservation network) => (network.Operation, network.Name.Split(' ')[0], network.Scope.IsHost) switch
    {
        (NetworkOperation.Scan, _, var host) => new("scan", host ? 4 : 60, "20 peers or ports that it tried within a minute did not answer", "T1046", Severity.High),
        (NetworkOperation.UnixConnect, _, true) => new("runtime_socket", 2, "it speaks to the container runtime", ""),
        (NetworkOperation.UnixConnect, _, _) => new("runtime_socket", 300, "it speaks to the container runtime, which commands every container of the node", "T1611", Severity.Critical),
        (_, "packet" or "xdp", var host) => new("packet_socket", host ? 2 : 80, "it opened a packet socket: it sees every packet of its network and can forge any", "T1040", Severity.High),
        (_, "raw" or "raw6", _) when (network.Process.Flags & ProcessFlags.UpperLayer) == 0 && ProgramNames.SendsEchoes(network.Process.Binary) =>
            new("ping_socket", 2, "it opened a socket for echo requests (ping)", "T1018"),
        (_, "raw" or "raw6", var host) => new("raw_socket", host ? 2 : 60, "it opened a raw socket: it makes packets by hand, past TCP and UDP", "T1095", Severity.High),
        (_, "ping" or "ping6", _) => new("ping_socket", 2, "it opened a socket for echo requests (ping)", "T1018"),
        (_, "vsock", var host) => new("hypervisor_socket", host ? 2 : 30, "it opened a socket to the hypervisor", "T1095"),
        (_, "netfilter", var host) => new("firewall_socket", host ? 2 : 30, "it opened a socket to the rules of the firewall, as iptables and nft do", "T1562.004"),
        _ => new("cipher_socket", 2, "it opened a socket to the kernel's ciphers", ""),
    };

    private static Assessment Weigh(List<ClassMatch> matches, NetworkObservation network, in Surroundings surroundings) =>
        Weighing.Weigh(matches, network.Process, surroundings, lowerLayer: (network.Process.Flags & ProcessFlags.UpperLayer) == 0);
}
