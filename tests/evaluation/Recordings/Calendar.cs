namespace Runtime.Evaluation.Recordings;

/// <summary>What befalls a deployment without anybody's ill will.</summary>
internal enum Happening
{
    /// <summary>All its pods anew.</summary>
    Replace,

    /// <summary>The container of one pod stops and another begins in it.</summary>
    Restart,

    /// <summary>All processes of one pod die at once, and another takes its place.</summary>
    Kill,

    /// <summary>From one replica to three.</summary>
    ScaleUp,
    ScaleDown,

    /// <summary>Pods of an image with another digest take the place of those that there are.</summary>
    Rollout,

    /// <summary>Three times as many users.</summary>
    BurstBegin,
    BurstEnd,

    /// <summary>Somebody mistakes its port.</summary>
    Stray,
}

/// <param name="Unit">Since the deployment began.</param>
internal readonly record struct Entry(double Unit, Happening Happening);

/// <summary>When what befalls a deployment: drawn, so that equal seeds and names give equal calendars.</summary>
internal static class Calendar
{
    private const double Day = 24;

    /// <summary>Begins of two deployments, in units: a machine of two processors does not start twelve workloads three times within one of these days.</summary>
    private const double Apart = 10;

    /// <summary>Units before the counted days begin: a baseline has seen a week then.</summary>
    public const int LearningUnits = 192;

    /// <summary>From a deployment's begin to its end.</summary>
    public static double Length(int days) => LearningUnits + days * Day;

    /// <summary>When the deployment begins, since the recording did.</summary>
    /// <param name="index">Among the recording's deployments.</param>
    public static double BeginOf(int index) => index * Apart;

    /// <summary>
    /// Three starts in the first day, as of a deployment that is rolled out, corrected and corrected again; bursts once a day and strays every second day at the mean, from the second day on; in the counted days two
    /// restarts, a kill, one to three replicas and back, and a rollout.
    /// </summary>
    /// <param name="days">Counted days, 4 at least.</param>
    /// <returns>By time.</returns>
    public static IReadOnlyList<Entry> Of(string name, int seed, int days)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 4);
        // A string's own hash differs from process to process.
        var random = new Random(name.Aggregate(seed, (hash, letter) => hash * 31 + letter));
        var entries = new List<Entry> { new(0, Happening.Replace), new(6, Happening.Replace), new(14, Happening.Replace) };
        var end = Length(days);
        foreach (var begin in Arrivals(random, Day, Day, end - Day / 2))
        {
            entries.Add(new Entry(begin, Happening.BurstBegin));
            entries.Add(new Entry(begin + random.Next(2, 6), Happening.BurstEnd));
        }

        entries.AddRange(Arrivals(random, 2 * Day, Day, end).Select(at => new Entry(at, Happening.Stray)));
        // The first part for more replicas, the second for the rollout, so that either is seen apart from the other.
        var half = days * Day / 2;
        var up = LearningUnits + random.NextDouble() * half / 3;
        entries.Add(new Entry(up, Happening.ScaleUp));
        entries.Add(new Entry(up + half * (0.3 + random.NextDouble() / 3), Happening.ScaleDown));
        entries.Add(new Entry(LearningUnits + half + random.NextDouble() * half / 2, Happening.Rollout));
        foreach (var happening in (Happening[])[Happening.Restart, Happening.Restart, Happening.Kill])
        {
            entries.Add(new Entry(LearningUnits + random.NextDouble() * (end - LearningUnits - Day / 2), happening));
        }

        return [.. entries.OrderBy(entry => entry.Unit)];
    }

    /// <summary>Of a Poisson process.</summary>
    private static IEnumerable<double> Arrivals(Random random, double mean, double from, double to)
    {
        for (var at = from - mean * Math.Log(1 - random.NextDouble()); at < to; at -= mean * Math.Log(1 - random.NextDouble()))
        {
            yield return at;
        }
    }
}
