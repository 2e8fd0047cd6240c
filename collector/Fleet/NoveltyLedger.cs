using Runtime.Collector.Baselines;

namespace Runtime.Collector.Fleet;

/// <summary>
/// How rare harmless novelties of each group were, among all deployments: what a new one is compared with. A novelty counts a day after it was
/// seen, unless its deployment alerted meanwhile. Any thread.
/// </summary>
/// <remarks>
/// Conformal p-value: Bates et al., "Testing for outliers with conformal p-values" (arXiv 2104.08279); its calibration to an e-value by
/// 0.5/√p: Vovk and Wang, "E-values: calibration, combination and applications" (2021). Kept in memory: after a start it fills again within a day, and
/// until then the plain share of deployments can excuse a novelty, and adds nothing.
/// </remarks>
internal sealed class NoveltyLedger
{
    /// <summary>Novelties of one group that are compared with; the oldest leaves.</summary>
    public const int Kept = 2000;

    /// <summary>Novelties of the last day, of all groups; the oldest then leaves unjudged.</summary>
    private const int MaxWaiting = 8192;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();

    /// <summary>For each group a ring of how many other deployments had each novelty; bounded by <see cref="Kept"/>.</summary>
    private readonly Queue<int>[] _settled = [.. Enum.GetValues<KindGroup>().Select(_ => new Queue<int>())];

    /// <summary>For each group: novelties in <see cref="_settled"/> by how many others had them.</summary>
    private readonly int[][] _counts = [.. Enum.GetValues<KindGroup>().Select(_ => new int[FleetIndex.Saturation + 1])];

    /// <summary>When each deployment alerted last, UTC ticks; bounded by the deployments that are known.</summary>
    private readonly Dictionary<string, long> _alerted = new(StringComparer.Ordinal);

    /// <summary>Novelties that left within their day, for others came: they are not compared with.</summary>
    public long Unjudged { get; private set; }

    /// <param name="others">Deployments that had it: <see cref="FleetIndex.Others"/>.</param>
    /// <param name="ticks">UTC, the agent's clock.</param>
    public void Note(string scopeId, KindGroup group, int others, long ticks)
    {
        lock (_gate)
        {
            _waiting.Enqueue(new Waiting(scopeId, group, others, ticks));
            if (_waiting.Count > MaxWaiting)
            {
                _waiting.Dequeue();
                Unjudged++;
            }
        }
    }

    /// <summary>What this deployment showed a day before it alerted may be the attack's own.</summary>
    public void Alerted(string scopeId, long ticks)
    {
        lock (_gate)
        {
            _alerted[scopeId] = Math.Max(ticks, _alerted.GetValueOrDefault(scopeId));
        }
    }

    /// <summary>Takes in what was seen a day before <paramref name="now"/>.</summary>
    public void Settle(long now, long day)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var oldest) && oldest.Ticks <= now - day)
            {
                _waiting.Dequeue();
                if (_alerted.TryGetValue(oldest.ScopeId, out var alerted) && alerted >= oldest.Ticks && alerted <= oldest.Ticks + day)
                {
                    continue;
                }

                var settled = _settled[(int)oldest.Group];
                settled.Enqueue(oldest.Others);
                _counts[(int)oldest.Group][oldest.Others]++;
                if (settled.Count > Kept)
                {
                    _counts[(int)oldest.Group][settled.Dequeue()]--;
                }
            }
        }
    }

    /// <returns>Harmless novelties of the group that at most so many others had, and all of them.</returns>
    public (int AsRare, int All) Compare(KindGroup group, int others)
    {
        lock (_gate)
        {
            return (_counts[(int)group].Take(others + 1).Sum(), _settled[(int)group].Count);
        }
    }

    private readonly record struct Waiting(string ScopeId, KindGroup Group, int Others, long Ticks);
}
