namespace Runtime.Collector.Resources;

/// <summary>What speaks for a miner without any baseline (baselines 4.4).</summary>
[Flags]
internal enum MinerTerms
{
    None = 0,

    /// <summary>All in user mode, and evenly: 3.</summary>
    Steady = 1,

    /// <summary>As many whole processors as it has threads for, or all that its limit allows: 2.</summary>
    WholeCores = 2,

    /// <summary>The memory that RandomX needs: 2.</summary>
    Memory = 4,

    /// <summary>A connection as to a pool: long, hardly used, to a peer that is not the deployment's own: 3.</summary>
    Flow = 8,

    /// <summary>A program that is not of the image, or not the deployment's own: 2.</summary>
    Program = 16,

    /// <summary>It set up huge pages or a register of the processor: 4.</summary>
    Control = 32,

    /// <summary>It spoke to a pool: 20.</summary>
    Stratum = 64,
}

/// <summary>What is known of a container beside its samples.</summary>
/// <param name="ProgramIsForeign">Its busiest program is not of the image, or not the deployment's own.</param>
/// <param name="Flow">Null without one.</param>
/// <param name="IsControlled">Something in it wrote to the knob of huge pages or to a processor's register.</param>
/// <param name="IsPooled">Something in it spoke Stratum.</param>
internal readonly record struct MinerSigns(bool ProgramIsForeign, LongFlow? Flow, bool IsControlled, bool IsPooled);

/// <summary>
/// The absolute score of a miner, over the windows of ten minutes. It needs no baseline, so it sees what an image brought along at its birth.
/// </summary>
/// <remarks>
/// What computes without a miner's other signs (openssl speed, stress-ng, training of a model) has all three terms of use and reaches 7. Terms of the proposal
/// that are absent, since nothing that agents send tells them: threads against the node's processors and cache, affinity, context switches (and with
/// them the low I/O that only counts beside), RandomX's rounding mode, rarity in the fleet. They are not counted as zero: no limit was lowered for them.
/// </remarks>
internal static class MinerScore
{
    /// <summary>From here on it is told, as high and as critical.</summary>
    public const int High = 8;
    public const int Critical = 12;

    /// <summary>Bytes a second.</summary>
    public const double MostFlowRate = 1024;

    /// <summary>
    /// What a point multiplies the evidence with: chosen so that 8 points reach ten times and 12 points a thousand times what a locked baseline asks for (20), which
    /// is what high and critical mean.
    /// </summary>
    public const double PointFactor = 2.3;

    /// <summary>Cores; who does not compute does not mine.</summary>
    private const double LeastCores = 0.1;
    private const double LeastUserShare = 0.97;
    private const double MostSpread = 0.05;
    private const double ThrottledShare = 0.20;
    private const double LightMode = 256 * 1024 * 1024;
    private const double FastMode = 2.2e9;

    public static int Points(MinerTerms terms) =>
        ((terms & MinerTerms.Steady) != 0 ? 3 : 0) + ((terms & MinerTerms.WholeCores) != 0 ? 2 : 0) + ((terms & MinerTerms.Memory) != 0 ? 2 : 0)
        + ((terms & MinerTerms.Flow) != 0 ? 3 : 0) + ((terms & MinerTerms.Program) != 0 ? 2 : 0) + ((terms & MinerTerms.Control) != 0 ? 4 : 0)
        + ((terms & MinerTerms.Stratum) != 0 ? 20 : 0);

    /// <param name="windows">Without a gap between them; fewer than ten minutes' say nothing.</param>
    public static MinerTerms Of(ReadOnlySpan<SampleWindow> windows, in MinerSigns signs)
    {
        if (windows.Length < SampleSeries.Kept)
        {
            return MinerTerms.None;
        }

        var use = new MinerUse(windows);
        if (use.Cores < LeastCores)
        {
            return MinerTerms.None;
        }

        return (use.UserShare >= LeastUserShare && Math.Min(use.Spread, use.TopSpread) <= MostSpread ? MinerTerms.Steady : 0)
            | (IsWhole(use.Cores) || IsWhole(use.TopCores) || (use.Cores >= 0.97 * use.Limit && use.Limit > 0 && use.ThrottledShare > ThrottledShare) ? MinerTerms.WholeCores : 0)
            | (IsSize(use.HugePages) || (use.MemoryMost - use.MemoryLeast <= 0.02 * use.MemoryMost && IsSize(use.MemoryMost)) ? MinerTerms.Memory : 0)
            | (signs.Flow is not null ? MinerTerms.Flow : 0)
            | (signs.ProgramIsForeign ? MinerTerms.Program : 0)
            | (signs.IsControlled ? MinerTerms.Control : 0)
            | (signs.IsPooled ? MinerTerms.Stratum : 0);
    }

    /// <summary>Within 3 % of a whole number, and never more than 0.15 off: beyond ten cores 3 % would take in half of all numbers.</summary>
    private static bool IsWhole(double cores) => Math.Round(cores) is var whole and >= 1 && Math.Abs(cores - whole) <= Math.Min(0.03 * whole, 0.15);

    /// <summary>RandomX's cache alone, or its data set too.</summary>
    private static bool IsSize(double bytes) => Math.Abs(bytes - LightMode) <= 0.1 * LightMode || bytes >= FastMode;
}

/// <summary>What was used in some windows together.</summary>
internal readonly struct MinerUse
{
    public MinerUse(ReadOnlySpan<SampleWindow> windows)
    {
        double slots = 0, sum = 0, squares = 0, topSum = 0, topSquares = 0, time = 0, cpu = 0, user = 0, limit = 0, periods = 0, throttled = 0;
        var oneTop = windows[0].TopPid != 0;
        foreach (ref readonly var window in windows)
        {
            (slots, sum, squares, topSum, topSquares) = (slots + window.Slots, sum + window.Sum, squares + window.Squares, topSum + window.TopSum, topSquares + window.TopSquares);
            (time, cpu, user, limit) = (time + window.Time, cpu + window.Cpu, user + window.User, limit + window.Limit);
            (periods, throttled) = (periods + window.Periods, throttled + window.ThrottledPeriods);
            oneTop &= window.TopPid == windows[0].TopPid && window.TopStart == windows[0].TopStart;
            if (window.MemoryMost > 0)
            {
                MemoryLeast = MemoryMost == 0 ? window.MemoryLeast : Math.Min(MemoryLeast, window.MemoryLeast);
                MemoryMost = Math.Max(MemoryMost, window.MemoryMost);
            }

            HugePages = Math.Max(HugePages, window.HugePages);
        }

        Time = new TimeSpan((long)time);
        (Cores, Limit) = (cpu / time, limit / time);
        UserShare = cpu > 0 ? user / cpu : 0;
        ThrottledShare = periods > 0 ? throttled / periods : 0;
        Spread = SpreadOf(slots, sum, squares);
        (TopCores, TopSpread) = oneTop ? (topSum / slots, SpreadOf(slots, topSum, topSquares)) : (0, double.PositiveInfinity);
    }

    public TimeSpan Time { get; }
    public double Cores { get; }

    /// <summary>Of the busiest process; 0 when it was not the same one all the time.</summary>
    public double TopCores { get; }

    /// <summary>What a quota allows, in cores; 0 without one.</summary>
    public double Limit { get; }
    public double UserShare { get; }
    public double ThrottledShare { get; }

    /// <summary>Standard deviation over mean of the slots' cores.</summary>
    public double Spread { get; }
    public double TopSpread { get; }
    public double MemoryLeast { get; }
    public double MemoryMost { get; }
    public double HugePages { get; }

    private static double SpreadOf(double count, double sum, double squares) =>
        sum > 0 ? Math.Sqrt(Math.Max(0, (squares / count) - (sum / count * (sum / count)))) / (sum / count) : double.PositiveInfinity;
}
