namespace Runtime.Evaluation.Ablations;

/// <summary>What people were told of one deployment. Bounded by what was recorded.</summary>
internal sealed class Pages
{
    private readonly HashSet<int> _units = [];
    private readonly List<string> _titles = [];
    private readonly List<DateTimeOffset> _times = [];
    private readonly HashSet<string> _incidents = new(StringComparer.Ordinal);

    public int Before { get; private set; }

    public int After => _titles.Count;

    /// <summary>After the lock, with at least one.</summary>
    public int Units => _units.Count;

    public IReadOnlyList<string> Titles => _titles;

    /// <summary>Of all, before the lock and after it.</summary>
    public IReadOnlyList<DateTimeOffset> Times => _times;

    public IReadOnlyCollection<string> Incidents => _incidents;

    public void Add(DateTimeOffset time, int unit, bool isLocked, string title, string incident)
    {
        _times.Add(time);
        _incidents.Add(incident);
        if (!isLocked)
        {
            Before++;
            return;
        }

        _units.Add(unit);
        _titles.Add(title);
    }
}
