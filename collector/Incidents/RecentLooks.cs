namespace Runtime.Collector.Incidents;

/// <summary>Which tools that tell of a system one process started lately, none of which the deployment ever ran from there.</summary>
/// <param name="Since">UTC ticks of the first.</param>
internal sealed record Look(ProcessKey Parent, long Since, List<string> Tools);

/// <summary>Who looks around: `id; uname -a; whoami; df`. Each of them may weigh nothing; several by one process within minutes are what somebody does who came in and does not know where he is.</summary>
internal sealed class RecentLooks
{
    private const int Many = 4;
    private const int MaxParents = 64;

    /// <summary>At most <see cref="MaxParents"/>, of which the oldest leaves; each with fewer than <see cref="Many"/> tools.</summary>
    public List<Look> All { get; init; } = [];

    /// <param name="at">UTC ticks.</param>
    /// <param name="window">Ticks.</param>
    /// <returns>The tools, once they are many; null else.</returns>
    public IReadOnlyList<string>? Add(ProcessKey parent, string tool, long at, long window)
    {
        All.RemoveAll(look => at - look.Since > window);
        var look = All.Find(look => look.Parent == parent);
        if (look is null)
        {
            if (All.Count >= MaxParents)
            {
                All.RemoveAt(0);
            }

            All.Add(look = new Look(parent, at, []));
        }

        if (!look.Tools.Contains(tool))
        {
            look.Tools.Add(tool);
        }

        if (look.Tools.Count < Many)
        {
            return null;
        }

        All.Remove(look);
        return look.Tools;
    }
}
