using Runtime.V1;

namespace Runtime.Cli.Output;

/// <summary>Processes of many lineages as one tree, the first started first, two spaces a level.</summary>
internal static class LineageTree
{
    /// <param name="lineages">Each the process first, then its ancestors.</param>
    /// <returns>Text from containers as it was: who shows it escapes.</returns>
    public static IEnumerable<string> Lines(IEnumerable<IEnumerable<Process>> lineages)
    {
        // Bounded by the answer. A process that became another program has its pid and another start.
        var children = new Dictionary<(uint Pid, string Started, string Binary), List<Process>>();
        var roots = new List<Process>();
        var known = new HashSet<(uint, string, string)>();
        foreach (var lineage in lineages)
        {
            var chain = lineage.Reverse().ToList();
            for (var i = 0; i < chain.Count; i++)
            {
                if (!known.Add(Key(chain[i])))
                {
                    continue;
                }

                if (i == 0)
                {
                    roots.Add(chain[i]);
                }
                else if (children.TryGetValue(Key(chain[i - 1]), out var siblings))
                {
                    siblings.Add(chain[i]);
                }
                else
                {
                    children.Add(Key(chain[i - 1]), [chain[i]]);
                }
            }
        }

        var waiting = new Stack<(Process Process, int Depth)>(Sorted(roots).Select(root => (root, 0)));
        while (waiting.TryPop(out var next))
        {
            yield return $"{new string(' ', 2 * next.Depth)}{next.Process.Pid} {Command(next.Process)}  {Words.Moment(next.Process.Started)}";
            foreach (var child in Sorted(children.GetValueOrDefault(Key(next.Process)) ?? []))
            {
                waiting.Push((child, next.Depth + 1));
            }
        }
    }

    /// <summary>The last first: what is taken from a stack comes the other way round.</summary>
    private static IEnumerable<Process> Sorted(List<Process> processes) =>
        processes.OrderByDescending(process => process.Started.ToDateTimeOffset()).ThenByDescending(process => process.Pid);

    private static (uint Pid, string Started, string Binary) Key(Process process) => (process.Pid, process.Started.ToString(), process.Binary);

    private static string Command(Process process) => process.Arguments.Count > 1 ? $"{process.Binary} {string.Join(' ', process.Arguments.Skip(1))}" : process.Binary;
}
