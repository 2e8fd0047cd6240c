using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Generalisation;

/// <summary>When the names of one shape in a folder become one template.</summary>
/// <param name="Least">Names of the shape.</param>
/// <param name="Novelty">Share of them seen in one unit only: the folder still brings forth new ones.</param>
/// <remarks>
/// Names that come again (a mailbox for each user) are seldom seen only once and yet never end: for a group older than three days it is enough that
/// its last third brought <see cref="Growth"/> of the names. Steady growth brings a third, a set that is complete nothing.
/// </remarks>
internal sealed record CollapseRule(int Least, double Novelty)
{
    private const double Growth = 0.15;
    private const int DaysOfGrowth = 3;
    private const int LeastUnits = 3;
    private const double Penalty = 64;

    public static CollapseRule Usual { get; } = new(8, 0.30);

    /// <summary>Once for a group that did not settle.</summary>
    public static CollapseRule Relaxed { get; } = new(4, 0.15);

    /// <param name="folder">Ends with '/'.</param>
    /// <param name="depth">1 for names directly below "/".</param>
    /// <param name="names">For each name all items below it as one.</param>
    /// <param name="together">All of them as one, with what left the table before.</param>
    /// <param name="day">Ticks of 24 units.</param>
    public bool Holds(ShapeGroup group, string folder, int depth, List<Item> names, Item together, long day, Func<Item, bool> hasQuorum) =>
        names.Count >= Least
        && (names.Count(IsSingleton) >= Novelty * names.Count || Grows(names, together, day))
        && LastsLongEnough(together)
        && group.SavedBits > Penalty * (depth <= 2 && !Places.IsData(folder) ? 4 : 1)
        && hasQuorum(together);

    /// <summary>What is done at starts only is never seen by the hour: its starts take the hours' place.</summary>
    public static bool IsSingleton(Item item) => item.Units.Count > 0 ? item.Units.Count == 1 : item.Starts.Count <= 1;

    private static bool Grows(List<Item> names, Item together, long day)
    {
        var age = together.LastSeen - together.FirstSeen;
        return age >= DaysOfGrowth * day && names.Count(name => name.FirstSeen >= together.LastSeen - age / 3) >= Growth * names.Count;
    }

    private static bool LastsLongEnough(Item item) => item.Units.Count > 0 ? item.Units.Count >= LeastUnits : item.Starts.Count >= LeastUnits;
}
