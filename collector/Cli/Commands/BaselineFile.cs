using Runtime.Cli.Exports;
using Runtime.V1;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Runtime.Cli.Commands;

/// <summary>One item as a reviewed file or a collector has it.</summary>
/// <param name="State">"learned", "pending", "approved", "removed".</param>
internal sealed record FileItem(string Kind, string Key, string State);

/// <summary>A baseline as "baseline export" writes it. What a person may change: lines of items, and their state.</summary>
internal sealed record BaselineFile(string Scope, IReadOnlyList<FileItem> Items)
{
    // A baseline has at most 20,000 items of at most 512 characters each, and a few that people decided beyond.
    private const long MaxBytes = 64 * 1024 * 1024;
    private const int MaxItems = 50_000;
    private const int MaxFaults = 20;

    private static readonly string[] _states = ["learned", "pending", "approved", "removed"];

    public static BaselineFile Of(Baseline baseline) => new(baseline.Deployment.ScopeId, [.. baseline.Items.Select(item => new FileItem(item.Kind, item.Key, item.State))]);

    /// <param name="verifyWith">Path of the public key that its signature must be of; empty: none is asked for.</param>
    /// <exception cref="UsageException">It cannot be read, is no such file, or is not what was signed; all faults with their lines.</exception>
    public static BaselineFile Read(string path, string verifyWith = "")
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes } large)
            {
                throw new UsageException($"{path}: has {large.Length} bytes; a baseline has at most {MaxBytes}");
            }

            // Once: what is verified is what is read.
            var content = File.ReadAllBytes(path);
            if (verifyWith.Length > 0)
            {
                BaselineSignature.Verify(path, content, verifyWith);
            }

            using var reader = new StreamReader(new MemoryStream(content));
            var yaml = new YamlStream();
            yaml.Load(reader);
            var faults = new List<string>();
            var file = Read(yaml, faults);
            return faults.Count == 0 && file is not null ? file : throw new UsageException(string.Join('\n', faults.Take(MaxFaults).Select(fault => $"{path}:{fault}")));
        }
        catch (YamlException e)
        {
            throw new UsageException($"{path}:{e.Start.Line}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {e.Message}");
        }
    }

    private static BaselineFile? Read(YamlStream yaml, List<string> faults)
    {
        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            faults.Add("1: must be one document that \"runtimectl baseline export\" wrote");
            return null;
        }

        var scope = Text(root, "scope");
        if (string.IsNullOrEmpty(scope))
        {
            faults.Add($"{root.Start.Line}: has no scope, the deployment that it is of");
        }

        var items = new List<FileItem>();
        if (Child(root, "items") is not YamlMappingNode kinds)
        {
            faults.Add($"{root.Start.Line}: has no items; a baseline without any has \"items: {{}}\"");
            return null;
        }

        var seen = new HashSet<(string, string)>();
        foreach (var (name, list) in kinds.Children)
        {
            if (name is not YamlScalarNode { Value: { Length: > 0 } kind } || list is not YamlSequenceNode rows)
            {
                faults.Add($"{name.Start.Line}: must be a kind with a list of items");
                continue;
            }

            foreach (var row in rows.Children)
            {
                if (items.Count + faults.Count > MaxItems)
                {
                    throw new UsageException($"has more than {MaxItems} items");
                }

                if (Item(kind, row, faults) is { } item)
                {
                    if (!seen.Add((item.Kind, item.Key)))
                    {
                        faults.Add($"{row.Start.Line}: {kind} {item.Key} stands here twice");
                    }

                    items.Add(item);
                }
            }
        }

        return new(scope ?? "", items);
    }

    private static FileItem? Item(string kind, YamlNode node, List<string> faults)
    {
        if (node is not YamlMappingNode row || Text(row, "key") is not { Length: > 0 } key)
        {
            faults.Add($"{node.Start.Line}: an item needs a key");
            return null;
        }

        // A person who adds a line means that it is right.
        var state = Text(row, "state") ?? "approved";
        if (!_states.Contains(state))
        {
            faults.Add($"{node.Start.Line}: state {state} must be one of {string.Join(", ", _states)}");
        }

        return new FileItem(kind, key, state);
    }

    private static YamlNode? Child(YamlMappingNode map, string name) => map.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: { } key } && key == name).Value;

    private static string? Text(YamlMappingNode map, string name) => (Child(map, name) as YamlScalarNode)?.Value;
}
