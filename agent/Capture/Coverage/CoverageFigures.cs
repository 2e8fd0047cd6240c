namespace Runtime.Agent.Capture.Coverage;

/// <summary>Acts of one kind by programs of one life time.</summary>
/// <param name="Kind">"exec", "connect", "write".</param>
/// <param name="Life">How long the program lived after the act.</param>
internal readonly record struct CoverageFigure(string Kind, TimeSpan Life, int Done, int Arrived);

/// <summary>What one measurement found.</summary>
internal sealed record CoverageFigures(IReadOnlyList<CoverageFigure> Figures)
{
    public static readonly CoverageFigures None = new([]);

    /// <summary>Arrived of all that was done, 0 to 1, by kind.</summary>
    public IReadOnlyDictionary<string, double> Shares { get; } =
        Figures.GroupBy(f => f.Kind).Where(k => k.Sum(f => f.Done) > 0).ToDictionary(k => k.Key, k => (double)k.Sum(f => f.Arrived) / k.Sum(f => f.Done));

    /// <summary>One line a kind: "exec 75 %: of programs that live 0 ms 1 of 8, 1 ms …".</summary>
    public IEnumerable<(string Kind, double Share, string Words)> Lines() =>
        Figures.GroupBy(f => f.Kind).Where(k => Shares.ContainsKey(k.Key))
            .Select(k => (k.Key, Shares[k.Key], $"{Shares[k.Key] * 100:0} %: of programs that live {string.Join(", ", k.Select(f => $"{f.Life.TotalMilliseconds:0} ms {f.Arrived} of {f.Done}"))}"));
}
