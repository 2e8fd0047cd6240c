using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Runtime.Cli.Output;

namespace Runtime.Cli.Exports;

/// <summary>Rules for Falco: programs, written files and peers that the baseline does not have.</summary>
internal static class FalcoExport
{
    public static string Of(ExportSource source)
    {
        var name = ExportText.NameOf(source).Replace('-', '_');
        var where = Where(source);
        var left = new List<string>();
        var writes = source.Writes.Where(write => write.Operation != "load").ToList();
        var exact = writes.Where(write => !write.IsPattern).Select(write => write.Path).Distinct().Order(StringComparer.Ordinal).ToList();
        var patterns = writes.Where(write => write.IsPattern).Select(write => write.Path).Distinct().Order(StringComparer.Ordinal).ToList();
        var peers = source.Peers.Select(peer => PeerOf(peer, left)).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        var rules = new JsonArray(
            List(name + "_programs", source.Programs),
            List(name + "_written", exact),
            Rule(source, "program", $"evt.type in (execve, execveat) and {where} and not proc.exepath in ({name}_programs)", "%proc.exepath was started by %proc.pname (%proc.cmdline)", "process"),
            Rule(source, "written file",
                $"evt.type in (open, openat, openat2, creat) and evt.is_open_write = true and fd.typechar = 'f' and {where} and not fd.name in ({name}_written){string.Concat(patterns.Select(pattern => $" and not fd.name glob {Quoted(Glob(pattern))}"))}",
                "%fd.name was opened for writing by %proc.exepath", "filesystem"),
            Rule(source, "peer",
                $"evt.type = connect and fd.type in (ipv4, ipv6) and {where} and not fd.snet in (\"127.0.0.0/8\", \"::1/128\"){string.Concat(peers.Select(peer => $" and not ({peer})"))}",
                "%fd.name was connected to by %proc.exepath", "network"));
        string[] limits =
        [
            "who starts what: each known program may be started by each",
            "which program writes a path or asks a peer: each may do what one may",
            "writes by other calls than open: renames, links, attributes, mappings",
            "names that vary within a path are any text there (*), also over several folders",
            "peers by name as Falco resolves it itself, at times of its own",
            "listeners, privileges, reads of secrets, what is loaded: Falco's own rules know some of them",
            "phases: what is done at the start stays allowed",
        ];
        return ExportText.Hashed(ExportText.Comment(source, "Falco rules", limits, left)) + YamlText.Of(rules);
    }

    private static JsonObject List(string name, IEnumerable<string> items) => new()
    {
        ["list"] = name,
        ["items"] = new JsonArray([.. items.Select(item => (JsonNode)JsonValue.Create(item.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-' or '+') ? item : Quoted(item)))]),
    };

    private static JsonObject Rule(ExportSource source, string what, string condition, string output, string tag) => new()
    {
        ["rule"] = $"New {what} in {ExportText.NameOf(source)}",
        ["desc"] = $"A {what} that the reviewed baseline of this workload does not have",
        ["condition"] = condition,
        ["output"] = $"New {what}: {output} (namespace=%k8s.ns.name pod=%k8s.pod.name container=%container.id image=%container.image.repository)",
        ["priority"] = "WARNING",
        ["tags"] = new JsonArray("baseline", "container", tag),
    };

    private static string Where(ExportSource source)
    {
        var deployment = source.Deployment;
        return deployment.Namespace.Length > 0
            ? $"container.id != host and k8s.ns.name = {Quoted(deployment.Namespace)} and k8s.pod.name startswith {Quoted(deployment.OwnerName + (deployment.OwnerKind == "Pod" ? "" : "-"))} and container.name = {Quoted(deployment.Container)}"
            : deployment.OwnerKind == "Host" ? "container.id = host" : $"container.id != host and container.name = {Quoted(deployment.OwnerName)}";
    }

    private static string? PeerOf(Peer peer, List<string> left)
    {
        var port = peer.Port == "eph" ? "fd.sport >= 32768" : int.TryParse(peer.Port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? $"fd.sport = {number}" : null;
        var whom = peer.Name switch
        {
            "metadata" => "fd.sip = \"169.254.169.254\"",
            _ when IPNetwork.TryParse(peer.Name, out var network) => $"fd.snet = \"{network}\"",
            _ when peer.Name.StartsWith("dns ", StringComparison.Ordinal) && IPAddress.TryParse(peer.Name.AsSpan(4), out var resolver) => $"fd.sip = \"{resolver}\"",
            _ when peer.Name.StartsWith("dns:", StringComparison.Ordinal) && peer.Name.AsSpan(4).IndexOfAny('*', '<') < 0 => $"fd.sip.name = {Quoted(peer.Name[4..])}",
            _ => null,
        };
        if (port is null || whom is null)
        {
            if (peer.Name != "self")
            {
                left.Add($"egress {peer.Program} to {peer.Name}, port {peer.Port}, {peer.Protocol}: no address and no whole name");
            }

            return null;
        }

        return $"{whom} and {port}";
    }

    /// <summary>A glob takes brackets and question marks for more than they are; * stands for any one where they are.</summary>
    private static string Glob(string pattern) => string.Concat(pattern.Select(letter => letter is '[' or ']' or '?' or '\\' ? '?' : letter));

    /// <summary>A text of Falco's conditions.</summary>
    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
