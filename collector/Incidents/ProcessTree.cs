using System.Globalization;
using System.Text;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Incidents;

/// <summary>One process of an incident.</summary>
internal sealed record TreeNode
{
    /// <summary>Empty for the host.</summary>
    public required string Container { get; init; }
    public required uint Pid { get; init; }
    public required ulong StartBootNs { get; init; }

    /// <summary>Escaped and shortened.</summary>
    public required string Line { get; init; }
    public required string Binary { get; init; }

    /// <summary>Index of its parent; -1 for the first.</summary>
    public required int Parent { get; init; }
    public bool Deviates { get; set; }
}

/// <summary>The processes of an incident, parent first.</summary>
internal sealed class ProcessTree
{
    public const int MaxNodes = 256;
    public const int MaxLines = 40;

    /// <summary>A parent stands before its children. At most <see cref="MaxNodes"/>: what comes later is only counted.</summary>
    public List<TreeNode> Nodes { get; init; } = [];
    public long Omitted { get; set; }

    /// <param name="deviations">The strongest first: its container's tree is what is drawn.</param>
    public static ProcessTree Of(IEnumerable<Deviation> deviations)
    {
        var tree = new ProcessTree();
        foreach (var deviation in deviations)
        {
            // Who uses most is seldom new.
            tree.Add(deviation.Container?.Id ?? "", deviation.Lineage, deviates: deviation.Kind != Baselines.Item.Name(Baselines.ItemKind.Resource));
        }

        return tree;
    }

    /// <param name="lineage">The process first.</param>
    public void Add(string container, IReadOnlyList<ProcessInfo> lineage, bool deviates)
    {
        var parent = -1;
        for (var i = lineage.Count - 1; i >= 0; i--)
        {
            var process = lineage[i];
            var index = IndexOf(container, process);
            if (index < 0)
            {
                if (Nodes.Count >= MaxNodes)
                {
                    Omitted++;
                    return;
                }

                index = Nodes.Count;
                Nodes.Add(new TreeNode
                {
                    Container = container,
                    Pid = process.Pid,
                    StartBootNs = process.StartBootNs,
                    Binary = process.Binary,
                    Line = Describe(process),
                    Parent = parent,
                });
            }

            if (i == 0 && deviates)
            {
                Nodes[index].Deviates = true;
            }

            parent = index;
        }
    }

    /// <summary>Parent first, two spaces a level, deviating processes marked. The first container's tree; the others are the same cause.</summary>
    public string Render()
    {
        if (Nodes.Count == 0)
        {
            return "";
        }

        var children = Nodes.Select((node, index) => (node, index)).ToLookup(pair => pair.node.Parent, pair => pair.index);
        var text = new StringBuilder();
        var lines = 0;
        var hidden = 0L;
        foreach (var root in children[-1].Where(index => Nodes[index].Container == Nodes[0].Container))
        {
            Draw(root, 0);
        }

        if (hidden + Omitted > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"… and {hidden + Omitted} more\n");
        }

        return text.ToString().TrimEnd('\n');

        void Draw(int index, int level)
        {
            if (lines >= MaxLines)
            {
                hidden++;
            }
            else
            {
                lines++;
                var node = Nodes[index];
                text.Append(' ', level * 2).Append(node.Line).Append(node.Deviates ? "  ◀ new\n" : "\n");
            }

            foreach (var child in children[index])
            {
                Draw(child, level + 1);
            }
        }
    }

    private int IndexOf(string container, ProcessInfo process)
    {
        for (var i = 0; i < Nodes.Count; i++)
        {
            var node = Nodes[i];
            if (node.Pid == process.Pid && node.StartBootNs == process.StartBootNs && node.Binary == process.Binary && node.Container == container)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>/usr/bin/curl -s http://203.0.113.9/a  (pid 4242)</summary>
    private static string Describe(ProcessInfo process)
    {
        var arguments = new StringBuilder();
        foreach (var argument in process.Arguments.Skip(1))
        {
            arguments.Append(' ').Append(argument.AsSpan().ContainsAny(' ', '\n', '\t') ? $"\"{argument}\"" : argument);
            if (arguments.Length > 160)
            {
                break;
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{DisplayText.Path(process.Binary)}{DisplayText.Shorten(DisplayText.Escape(arguments.ToString()), 120)}  (pid {process.Pid})");
    }
}
