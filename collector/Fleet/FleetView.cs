using System.Globalization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Fleet;

/// <summary>The fleet as one deployment's judgement sees it. Any thread.</summary>
/// <remarks>
/// It is not part of a scope's state: a log that is read again after a crash may find more known elsewhere than the first time. Ids do not
/// depend on it, so that nothing is told twice.
/// </remarks>
internal sealed class FleetView(FleetIndex index, NoveltyLedger ledger, Calibration calibration, PackageContents packages, string scopeId)
{
    /// <summary>Deployments below which a comparison says nothing.</summary>
    private const int LeastScopes = 5;

    /// <summary>Harmless novelties of a group from which on they are the measure.</summary>
    private const int LeastLedger = 50;

    private const double Cap = 30;

    public void Learnt(ReadOnlySpan<char> fullKey) => index.Note(scopeId, fullKey);

    public void Join() => index.Join(scopeId);

    /// <summary>An image of this deployment is witness of what a package's file holds.</summary>
    public void Holds(in PackagedFile file, in ImageIdentity image) => packages.Note(file, image);

    /// <inheritdoc cref="PackageContents.Compare"/>
    public FleetContent Compare(in PackagedFile file, in ImageIdentity image) => packages.Compare(file, image);

    public void Alerted(long ticks) => ledger.Alerted(scopeId, ticks);

    /// <summary>An incident was harmless.</summary>
    public void Harmless(double eValue) => calibration.Note(eValue);

    public void Settle(long now, long day) => ledger.Settle(now, day);

    /// <summary>Multiplies rarity into what a novelty weighs, and notes the novelty for later comparisons.</summary>
    public Assessment Weigh(Assessment assessment, KindGroup group, ReadOnlySpan<char> fullKey, long ticks)
    {
        var others = index.Others(scopeId, fullKey);
        var factor = Rarity(group, others, out var scopes);
        ledger.Note(scopeId, group, others, ticks);
        if (calibration.Excess is > 1.01 and var excess)
        {
            assessment = With(assessment, string.Create(CultureInfo.InvariantCulture, $"incidents that were harmless weighed {excess:0.#} on average"), 1 / excess);
        }

        if (factor is > 0.99 and < 1.01)
        {
            return assessment;
        }

        var reason = others >= FleetIndex.Saturation
            ? string.Create(CultureInfo.InvariantCulture, $"{others} or more of {scopes - 1} other deployments do so")
            : string.Create(CultureInfo.InvariantCulture, $"{others} of {scopes - 1} other deployments do so");
        return With(assessment, reason, factor);
    }

    private static Assessment With(Assessment assessment, string reason, double factor) => assessment with
    {
        Evidence = [.. assessment.Evidence, new Evidence(reason, factor)],
        EValue = Math.Min(Assessment.Cap, assessment.EValue * factor),
    };

    /// <summary>Expectation at most 1 over harmless novelty; 1 while too few deployments are known.</summary>
    private double Rarity(KindGroup group, int others, out int scopes)
    {
        scopes = index.Scopes;
        if (scopes < LeastScopes)
        {
            return 1;
        }

        // Until it is known how rare harmless novelty is here, company excuses and being alone accuses nobody: most deployments run another
        // program than all others.
        var (asRare, all) = ledger.Compare(group, others);
        return all >= LeastLedger
            ? Math.Min(Cap, Calibrate((1.0 + asRare) / (1.0 + all)))
            : Math.Min(1, Calibrate((others + 1.0) / scopes));
    }

    private static double Calibrate(double p) => 0.5 / Math.Sqrt(Math.Min(1, p));
}
