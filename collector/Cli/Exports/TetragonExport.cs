using System.Net;
using System.Text.Json.Nodes;
using Runtime.Cli.Output;

namespace Runtime.Cli.Exports;

/// <summary>A TracingPolicyNamespaced for Tetragon, which tells and does not kill: programs, written files and peers that the baseline does not have.</summary>
internal static class TetragonExport
{
    // MAY_WRITE of the kernel.
    private const string MayWrite = "2";

    public static string Of(ExportSource source, string label)
    {
        ExportText.MustBeOfKubernetes(source, "tetragon");
        var writes = source.Writes.Where(write => write.Operation != "load").ToList();
        var exact = Sorted(writes.Where(write => !write.IsPattern).Select(write => write.Path));
        var prefixes = Sorted(writes.Where(write => write.IsPattern).Select(write => write.Path[..write.Path.IndexOf('*', StringComparison.Ordinal)]).Where(prefix => prefix != "/"));

        // Its beginning is the root, which would allow all.
        var left = writes.Where(write => write.IsPattern && write.Path.StartsWith("/*", StringComparison.Ordinal)).Select(write => $"file_write {write.Program} to {write.Path}: it has no beginning").ToList();
        var networks = new SortedSet<string>(StringComparer.Ordinal) { "127.0.0.0/8", "::1/128" };
        foreach (var peer in source.Peers.Where(peer => peer.Protocol == "tcp" && peer.Name != "self"))
        {
            if (peer.Name == "metadata")
            {
                networks.Add("169.254.169.254/32");
            }
            else if (peer.Name.StartsWith("dns ", StringComparison.Ordinal) && IPAddress.TryParse(peer.Name.AsSpan(4), out var resolver))
            {
                networks.Add($"{resolver}/{(resolver.GetAddressBytes().Length == 4 ? 32 : 128)}");
            }
            else if (IPNetwork.TryParse(peer.Name, out var network))
            {
                networks.Add(network.ToString());
            }
            else
            {
                left.Add($"egress {peer.Program} to {peer.Name}, port {peer.Port}: no address, so that each connection to it is told");
            }
        }

        var hooks = new JsonArray();
        if (source.Programs.Count > 0)
        {
            hooks.Add((JsonNode)Hook("security_bprm_check", [Argument(0, "linux_binprm")], [Match(0, "NotEqual", source.Programs)]));
        }

        hooks.Add((JsonNode)Hook(
            "security_file_permission", [Argument(0, "file"), Argument(1, "int")],
            [.. exact.Count > 0 ? [Match(0, "NotEqual", exact)] : (JsonObject[])[], .. prefixes.Count > 0 ? [Match(0, "NotPrefix", prefixes)] : (JsonObject[])[], Match(1, "Equal", [MayWrite])]));
        hooks.Add((JsonNode)Hook("tcp_connect", [Argument(0, "sock")], [Match(0, "NotDAddr", [.. networks])]));
        var policy = new JsonObject
        {
            ["apiVersion"] = "cilium.io/v1alpha1",
            ["kind"] = "TracingPolicyNamespaced",
            ["metadata"] = new JsonObject { ["name"] = ExportText.NameOf(source), ["namespace"] = source.Deployment.Namespace },
            ["spec"] = new JsonObject
            {
                ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [label] = source.Deployment.OwnerName } },
                ["kprobes"] = hooks,
            },
        };
        string[] limits =
        [
            $"which labels the pods bear: {label} with the workload's name is assumed; --label names another",
            "which container of the pod it is: all of them are told of by this one's baseline",
            "who starts what, and which program writes or connects",
            "names that vary within a path: everything that begins as the path does before them is allowed",
            "names of peers, their ports, UDP: networks of TCP alone",
            "listeners, privileges, reads of secrets, what is loaded",
            "how many values a selector of an older Tetragon takes: a long list may be refused there",
        ];
        return ExportText.Hashed(ExportText.Comment(source, "Tetragon policy", limits, left)) + YamlText.Of(policy);
    }

    private static List<string> Sorted(IEnumerable<string> paths) => [.. paths.Distinct().Order(StringComparer.Ordinal)];

    private static JsonObject Hook(string call, JsonObject[] arguments, JsonObject[] matches) => new()
    {
        ["call"] = call,
        ["syscall"] = false,
        ["args"] = new JsonArray([.. arguments]),
        ["selectors"] = new JsonArray(new JsonObject { ["matchArgs"] = new JsonArray([.. matches]), ["matchActions"] = new JsonArray(new JsonObject { ["action"] = "Post" }) }),
    };

    private static JsonObject Argument(int index, string type) => new() { ["index"] = index, ["type"] = type };

    private static JsonObject Match(int index, string comparison, IEnumerable<string> values) => new()
    {
        ["index"] = index, ["operator"] = comparison, ["values"] = new JsonArray([.. values.Select(value => (JsonNode)JsonValue.Create(value))]),
    };
}
