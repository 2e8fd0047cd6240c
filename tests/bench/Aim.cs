using System.Globalization;
using System.Text.Json.Nodes;

namespace Runtime.Bench;

/// <summary>What we want to reach, beside what a run gave.</summary>
/// <param name="Unit">Of ours and theirs.</param>
/// <param name="Format">Of ours and theirs, as they are printed.</param>
/// <param name="Figure">What is held against the limit, null where there is none: a share of a peer's cost that is not above 0.</param>
/// <param name="Limit">In the unit; for an aim of two tools a share of theirs.</param>
internal sealed record Aim(string Name, string Unit, string Format, Samples Ours, Samples? Theirs, double? Figure, double Limit, string Verdict)
{
    private const string Met = "met", Missed = "missed", WithinNoise = "within noise";

    public static Aim AtMost(string name, string unit, string format, Samples ours, double limit) =>
        new(name, unit, format, ours, null, ours.Median, limit, ours.Median <= limit ? Met : Missed);

    public static Aim AtLeast(string name, string unit, string format, Samples ours, double limit) =>
        new(name, unit, format, ours, null, ours.Median, limit, ours.Median >= limit ? Met : Missed);

    /// <summary>The same of what noise is in: a range with the limit inside decides nothing, nor does one round.</summary>
    public static Aim AllAtLeast(string name, string unit, string format, Samples ours, double limit) =>
        AtLeast(name, unit, format, ours, limit) is var aim && (ours.Values.Count < 2 || (ours.Minimum < limit && limit <= ours.Maximum)) ? aim with { Verdict = WithinNoise } : aim;

    /// <summary>Ours at most a share of theirs; both are differences of two runs, so that each may be below 0.</summary>
    /// <param name="noise">How far runs spread that nobody watched.</param>
    public static Aim Share(string name, string unit, string format, Samples ours, Samples theirs, double share, double noise)
    {
        var verdict = IsNoise(ours) || IsNoise(theirs) ? WithinNoise : ours.Median <= theirs.Median * share ? Met : Missed;
        return new(name, unit, format, ours, theirs, theirs.Median > 0 ? ours.Median / theirs.Median : null, share, verdict);

        bool IsNoise(Samples added) => added.Values.Count < 2 || added.Minimum <= 0 || added.Maximum < noise;
    }

    // Theirs less ours, of the same round.
    private Samples? Difference => Theirs?.Less(Ours);

    public IReadOnlyList<Cell> Row()
    {
        var limit = Limit.ToString("0.###", CultureInfo.InvariantCulture);
        return [Name, Told(Ours), Told(Theirs), Told(Difference), Theirs is null ? $"{limit} {Unit}" : $"{limit} of theirs", Verdict];
    }

    public JsonObject ToJson() => new()
    {
        ["aim"] = Name,
        ["figure"] = Figure,
        ["limit"] = Limit,
        ["verdict"] = Verdict,
        ["ours"] = Ours.ToJson(Unit),
        ["theirs"] = Theirs?.ToJson(Unit),
        ["theirsLessOurs"] = Difference?.ToJson(Unit),
    };

    private string Told(Samples? samples) => samples is null ? "" : $"{samples.Text(Format)} {Unit}";
}
