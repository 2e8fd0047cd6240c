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

    /// <summary>Ours at most a share of theirs, by the whole ranges: both are differences of two runs, which noise makes negative too.</summary>
    public static Aim Share(string name, string unit, string format, Samples ours, Samples theirs, double share)
    {
        var verdict = ours.Values.Count < 2 ? WithinNoise : ours.Maximum <= theirs.Minimum * share ? Met : ours.Minimum > theirs.Maximum * share ? Missed : WithinNoise;
        return new(name, unit, format, ours, theirs, theirs.Median > 0 ? ours.Median / theirs.Median : null, share, verdict);
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
