using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>One process of an incident and what it started.</summary>
public sealed class ProcessNode(Process process)
{
    public Process Process => process;
    public List<ProcessNode> Children { get; } = [];

    /// <summary>What of it is not in the baseline, in words; empty for an ancestor.</summary>
    public List<string> Deviations { get; } = [];
}

/// <summary>The processes of an incident as trees, one for each container and first process, made of the deviations' lineages.</summary>
internal static class ProcessForest
{
    /// <summary>What comes later is in the list of what happened.</summary>
    private const int MaxNodes = 256;
    private const int MaxTitles = 5;

    public static IReadOnlyList<(string Place, ProcessNode Root)> Of(IEnumerable<Deviation> deviations)
    {
        List<(string, ProcessNode)> roots = [];
        Dictionary<(string Container, uint Pid, Google.Protobuf.WellKnownTypes.Timestamp Started), ProcessNode> known = [];
        foreach (var deviation in deviations.OrderBy(deviation => deviation.Time))
        {
            ProcessNode? parent = null;
            foreach (var process in deviation.Lineage.Reverse())
            {
                var key = (deviation.ContainerId, process.Pid, process.Started);
                if (!known.TryGetValue(key, out var node))
                {
                    if (known.Count >= MaxNodes)
                    {
                        return roots;
                    }

                    node = new ProcessNode(process);
                    known.Add(key, node);
                    if (parent is null)
                    {
                        roots.Add((deviation.PodName.Length > 0 ? deviation.PodName : deviation.Node, node));
                    }
                    else
                    {
                        parent.Children.Add(node);
                    }
                }

                parent = node;
            }

            if (parent is { Deviations.Count: < MaxTitles } && !parent.Deviations.Contains(deviation.Title))
            {
                parent.Deviations.Add(deviation.Title);
            }
        }

        return roots;
    }
}
