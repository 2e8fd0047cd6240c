using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>The processes of an incident as trees, one for each container and first process, each with what of it deviates.</summary>
internal static class ProcessStory
{
    /// <summary>What comes later is in the list of what happened.</summary>
    private const int MaxNodes = 256;
    private const int MaxTitles = 5;

    public static IReadOnlyList<(string Place, ProcessNode Root)> Of(IEnumerable<Deviation> deviations)
    {
        var forest = new ProcessForest(MaxNodes);
        List<string> places = [];
        foreach (var deviation in deviations.OrderBy(deviation => deviation.Time))
        {
            var node = forest.Add(deviation.ContainerId, deviation.Lineage);
            if (places.Count < forest.Roots.Count)
            {
                places.Add(deviation.PodName.Length > 0 ? deviation.PodName : deviation.Node);
            }

            if (node is { Deviations.Count: < MaxTitles } && !node.Deviations.Contains(deviation.Title))
            {
                node.Deviations.Add(deviation.Title);
            }
        }

        return [.. places.Zip(forest.Roots)];
    }
}
