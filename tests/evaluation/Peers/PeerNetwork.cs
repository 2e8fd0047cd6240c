using System.Net;
using Runtime.Evaluation.Scenarios;
using Runtime.Pods;

namespace Runtime.Evaluation.Peers;

/// <summary>
/// Where the peers live: on addresses of the node that look like the internet's (203.0.113.0/24, RFC 5737) and lead nowhere else. Every container
/// knows them by name, and the resolver of the cluster knows them too.
/// </summary>
internal sealed class PeerNetwork(ContainerdNode node)
{
    /// <summary>The cluster's resolver, where Kubernetes has it.</summary>
    public static readonly IPAddress Resolver = IPAddress.Parse("10.96.0.10");

    /// <summary>Of the cluster too: where a log shipper sends to.</summary>
    private static readonly IPAddress s_logs = IPAddress.Parse("10.96.0.20");

    /// <summary>The cloud's metadata service, as far as a container can tell.</summary>
    private static readonly IPAddress s_metadata = IPAddress.Parse("169.254.169.254");

    private static readonly Dictionary<string, IPAddress> s_addresses = ScenarioHeader.PeerKinds
        .Select((kind, i) => (kind, Address: IPAddress.Parse($"203.0.113.{10 + i}")))
        .ToDictionary(pair => pair.kind, pair => pair.Address);

    public static IPAddress AddressOf(string kind) => s_addresses[kind];

    /// <summary>Names that are answered; every other one is not there.</summary>
    public static IPAddress? Find(string name) => s_addresses.GetValueOrDefault(name.TrimEnd('.').ToLowerInvariant());

    /// <summary>Puts the addresses on the node's loopback.</summary>
    public async Task PrepareAsync()
    {
        foreach (var address in s_addresses.Values.Concat([Resolver, s_logs, s_metadata]))
        {
            await Command.RunAsync("ip", "-n", Path.GetFileName(node.NetworkNamespace), "address", "add", $"{address}/32", "dev", "lo");
        }
    }

    /// <summary>What every pod of the evaluation is surrounded by: the resolver, the log server, and the cloud's metadata service.</summary>
    public async Task<PeerServers> StartClusterAsync()
    {
        var servers = new PeerServers(node);
        await servers.StartAsync("dns", Resolver, 53);
        await servers.StartAsync("sink", s_logs, 5140);
        await servers.StartAsync("http", s_metadata, 80);
        return servers;
    }

    public async Task<PeerServers> StartAsync(IReadOnlyList<Peer> peers)
    {
        var servers = new PeerServers(node);
        try
        {
            foreach (var peer in peers)
            {
                await servers.StartAsync(peer.Kind, AddressOf(peer.Kind), peer.Port);
            }

            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>/etc/hosts of a pod.</summary>
    public static string Hosts(string podName, string podAddress) =>
        $"127.0.0.1\tlocalhost\n{podAddress}\t{podName}\n{s_logs}\tlogs\n" + string.Concat(s_addresses.Select(pair => $"{pair.Value}\t{pair.Key}\n"));

    /// <summary>/etc/resolv.conf of every pod. A name that is not there is answered at once; the limits are for a resolver that is gone.</summary>
    public static string ResolverSettings => $"nameserver {Resolver}\noptions timeout:1 attempts:1\n";
}
