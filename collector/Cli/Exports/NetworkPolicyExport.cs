using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Runtime.Cli.Output;

namespace Runtime.Cli.Exports;

/// <summary>networking.k8s.io/v1: who the pods may connect to, and on which ports they may be reached.</summary>
internal static class NetworkPolicyExport
{
    private const string NamespaceLabel = "kubernetes.io/metadata.name";
    private const int FirstEphemeral = 32768;

    public static string Of(ExportSource source, string label)
    {
        ExportText.MustBeOfKubernetes(source, "networkpolicy");
        var left = new List<string>();
        var egress = new SortedDictionary<string, (JsonArray To, SortedSet<(string Protocol, int From, int To)> Ports)>(StringComparer.Ordinal);
        foreach (var peer in source.Peers)
        {
            if (peer.Name == "self")
            {
                continue;
            }

            var port = PortOf(peer.Port, peer.Protocol);
            if (port is null || ToOf(peer.Name, source.Deployment.Namespace, label) is not { } to)
            {
                left.Add($"egress {peer.Program} to {peer.Name}, port {peer.Port}, {peer.Protocol}: {(port is null ? "no port of TCP, UDP or SCTP" : "no address and no service of the cluster")}");
                continue;
            }

            if (!egress.TryGetValue(peer.Name, out var rule))
            {
                egress.Add(peer.Name, rule = (to, []));
            }

            rule.Ports.Add(port.Value);
            if (peer.Name.StartsWith("dns ", StringComparison.Ordinal))
            {
                rule.Ports.UnionWith([("TCP", 53, 53), ("UDP", 53, 53)]);
            }
        }

        var ingress = new SortedSet<(string Protocol, int From, int To)>();
        foreach (var listener in source.Listeners.Where(listener => listener.Bind != "loopback"))
        {
            if (PortOf(listener.Port, listener.Protocol) is { } port)
            {
                ingress.Add(port);
            }
            else
            {
                left.Add($"listen {listener.Program}, port {listener.Port}, {listener.Protocol}: no port of TCP, UDP or SCTP");
            }
        }

        var policy = new JsonObject
        {
            ["apiVersion"] = "networking.k8s.io/v1",
            ["kind"] = "NetworkPolicy",
            ["metadata"] = new JsonObject { ["name"] = ExportText.NameOf(source), ["namespace"] = source.Deployment.Namespace },
            ["spec"] = new JsonObject
            {
                ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [label] = source.Deployment.OwnerName } },
                ["policyTypes"] = new JsonArray("Egress", "Ingress"),
                ["egress"] = new JsonArray([.. egress.Values.Select(rule => (JsonNode)new JsonObject { ["to"] = rule.To, ["ports"] = Ports(rule.Ports) })]),
                ["ingress"] = new JsonArray([.. ingress.Count > 0 ? [new JsonObject { ["ports"] = Ports(ingress) }] : (JsonNode[])[]]),
            },
        };
        string[] limits =
        [
            $"which labels the pods bear: {label} with the workload's name is assumed, here and for the services that it asks; --label names another",
            "names outside of the cluster: they have no address that stays",
            "which program connects: a policy is for the whole pod, so export each of its containers and apply all of them; policies add up",
            "who connects to it: a baseline learns ports, not clients; the ingress rule lets everybody in on these ports",
            "ports of services that forward to another port of their pods: a policy is about the port of the pod",
        ];
        return ExportText.Hashed(ExportText.Comment(source, "NetworkPolicy", limits, left)) + YamlText.Of(policy);
    }

    private static JsonArray Ports(IEnumerable<(string Protocol, int From, int To)> ports) => new([.. ports.Select(port =>
    {
        var json = new JsonObject { ["protocol"] = port.Protocol, ["port"] = port.From };
        if (port.To != port.From)
        {
            json["endPort"] = port.To;
        }

        return (JsonNode)json;
    })]);

    private static (string Protocol, int From, int To)? PortOf(string port, string protocol) =>
        (protocol switch { "tcp" => "TCP", "udp" => "UDP", "ip132" => "SCTP", _ => null }) is not { } name ? null
        : port == "eph" ? (name, FirstEphemeral, ushort.MaxValue)
        : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= ushort.MaxValue ? (name, number, number)
        : null;

    private static JsonArray? ToOf(string peer, string ownNamespace, string label)
    {
        if (peer == "metadata")
        {
            return new(Block("169.254.169.254/32"));
        }

        if (peer.StartsWith("dns ", StringComparison.Ordinal) && IPAddress.TryParse(peer.AsSpan(4), out var resolver))
        {
            // The resolver's address is a service's: by the time that a policy is asked, it is that of a pod.
            return new(
                Block($"{resolver}/{(resolver.GetAddressBytes().Length == 4 ? 32 : 128)}"),
                new JsonObject { ["namespaceSelector"] = Labels(NamespaceLabel, "kube-system"), ["podSelector"] = Labels("k8s-app", "kube-dns") });
        }

        if (IPNetwork.TryParse(peer, out var network))
        {
            return new(Block(network.ToString()));
        }

        // NAME.NAMESPACE.svc and what may follow; of a stateful set's pod the service is the second part.
        var parts = peer.StartsWith("dns:", StringComparison.Ordinal) ? peer[4..].Split('.') : [];
        var svc = Array.IndexOf(parts, "svc");
        return svc is 2 or 3 && parts[..svc].All(IsName)
            ? new(new JsonObject { ["namespaceSelector"] = Labels(NamespaceLabel, parts[svc - 1]), ["podSelector"] = Labels(label, parts[svc - 2]) })
            : parts is [var one] && IsName(one) ? new(new JsonObject { ["namespaceSelector"] = Labels(NamespaceLabel, ownNamespace), ["podSelector"] = Labels(label, one) })
            : null;
    }

    private static bool IsName(string part) => part.Length is > 0 and <= 63 && part.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-') && part[0] != '-' && part[^1] != '-';

    private static JsonObject Block(string cidr) => new() { ["ipBlock"] = new JsonObject { ["cidr"] = cidr } };

    private static JsonObject Labels(string label, string value) => new() { ["matchLabels"] = new JsonObject { [label] = value } };
}
