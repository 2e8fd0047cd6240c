using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Generalisation;

/// <summary>When the names of one shape in a folder become one template.</summary>
/// <param name="Least">Names of the shape.</param>
/// <param name="Novelty">Share of them seen in one unit only: the folder still brings forth new ones.</param>
internal sealed record CollapseRule(int Least, double Novelty)
{
    private const int LeastUnits = 3;
    private const double Penalty = 64;

    public static CollapseRule Usual { get; } = new(8, 0.30);

    /// <summary>Once for a group that did not settle.</summary>
    public static CollapseRule Relaxed { get; } = new(4, 0.15);

    /// <param name="folder">Ends with '/'.</param>
    /// <param name="depth">1 for names directly below "/".</param>
    /// <param name="singletons">Names of the group that were seen in one unit only.</param>
    /// <param name="together">All items below those names as one.</param>
    public bool Holds(ShapeGroup group, string folder, int depth, int singletons, Item together, Func<Item, bool> hasQuorum) =>
        group.Names.Count >= Least
        && singletons >= Novelty * group.Names.Count
        && LastsLongEnough(together)
        && group.SavedBits > Penalty * (depth <= 2 && !Places.IsData(folder) ? 4 : 1)
        && hasQuorum(together);

    /// <summary>What is done at starts only is never seen by the hour: its starts take the hours' place.</summary>
    public static bool IsSingleton(Item item) => item.Units.Count > 0 ? item.Units.Count == 1 : item.Starts.Count <= 1;

    private static bool LastsLongEnough(Item item) => item.Units.Count > 0 ? item.Units.Count >= LeastUnits : item.Starts.Count >= LeastUnits;
}
