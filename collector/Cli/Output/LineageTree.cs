using Runtime.V1;

namespace Runtime.Cli.Output;

/// <summary>Processes of many lineages as one tree in text, the first started first, two spaces a level.</summary>
internal static class LineageTree
{
    /// <param name="lineages">Each the process first, then its ancestors. They are of one answer, which bounds the tree.</param>
    /// <returns>Text from containers as it was: who shows it escapes.</returns>
    public static IEnumerable<string> Lines(IEnumerable<IEnumerable<Process>> lineages)
    {
        var forest = new ProcessForest(int.MaxValue);
        foreach (var lineage in lineages)
        {
            forest.Add("", lineage);
        }

        var waiting = new Stack<(ProcessNode Node, int Depth)>(Sorted(forest.Roots).Select(root => (root, 0)));
        while (waiting.TryPop(out var next))
        {
            var process = next.Node.Process;
            yield return $"{new string(' ', 2 * next.Depth)}{process.Pid} {Command(process)}  {Words.Moment(process.Started)}";
            foreach (var child in Sorted(next.Node.Children))
            {
                waiting.Push((child, next.Depth + 1));
            }
        }
    }

    /// <summary>The last first: what is taken from a stack comes the other way round.</summary>
    private static IEnumerable<ProcessNode> Sorted(List<ProcessNode> nodes) =>
        nodes.OrderByDescending(node => node.Process.Started.ToDateTimeOffset()).ThenByDescending(node => node.Process.Pid);

    private static string Command(Process process) => process.Arguments.Count > 1 ? $"{process.Binary} {string.Join(' ', process.Arguments.Skip(1))}" : process.Binary;
}
