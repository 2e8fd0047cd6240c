using Google.Protobuf.WellKnownTypes;
using Runtime.V1;

namespace Runtime.Cli.Output;

/// <summary>One process and what it started.</summary>
public sealed class ProcessNode(Process process)
{
    public Process Process => process;

    /// <summary>In the order in which they were added.</summary>
    public List<ProcessNode> Children { get; } = [];

    /// <summary>What of it is not in the baseline, in words; whoever knows adds it.</summary>
    public List<string> Deviations { get; } = [];
}

/// <summary>Processes of many lineages as trees. A process that became another program is another one: its pid and start are the same.</summary>
/// <param name="maxNodes">Bounds all of it.</param>
internal sealed class ProcessForest(int maxNodes)
{
    private readonly Dictionary<(string Container, uint Pid, Timestamp Started, string Binary), ProcessNode> _known = [];

    public List<ProcessNode> Roots { get; } = [];

    /// <param name="container">Pids of one are not those of another; "" where all are of one.</param>
    /// <param name="lineage">The process first, then its ancestors.</param>
    /// <returns>The process; null when there is no room or nobody in the lineage.</returns>
    public ProcessNode? Add(string container, IEnumerable<Process> lineage)
    {
        ProcessNode? parent = null;
        foreach (var process in lineage.Reverse())
        {
            var key = (container, process.Pid, process.Started, process.Binary);
            if (!_known.TryGetValue(key, out var node))
            {
                if (_known.Count >= maxNodes)
                {
                    return null;
                }

                _known.Add(key, node = new ProcessNode(process));
                (parent?.Children ?? Roots).Add(node);
            }

            parent = node;
        }

        return parent;
    }
}
