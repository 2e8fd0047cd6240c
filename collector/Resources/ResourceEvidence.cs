using System.Globalization;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Resources;

/// <summary>What a container's use weighs, in words and figures.</summary>
internal static class ResourceEvidence
{
    public const string FloorClass = "cpu_floor";
    public const string MinerClass = "miner_score";
    private const string Technique = "T1496.001";

    /// <param name="busiest">Null when none was looked for.</param>
    public static Assessment OfFloor(in FloorLift lift, in SampleWindow window, TimeSpan covered, (int Others, int Lifted) peers, ProcessInfo? busiest)
    {
        var value = Math.Min(IncidentWeight.ResourceCap, lift.Value);
        var load = lift.Load is { } packets ? Text($" at {packets:0.#} packets a second") : "";
        var evidence = new List<Evidence>
        {
            new(Text($"it uses {lift.Floor:0.00} cores at least{load}, where it came down to {lift.Usual:0.00} in 99.5 % of {Titles.Span(covered)}"), value, Technique),
        };
        AddBusiest(evidence, window.TopPid == 0 ? null : busiest, window.TopSum / window.Slots);
        if (peers.Others > 0)
        {
            evidence.Add(new(
                peers.Lifted == 0 ? $"{DisplayText.Plural(peers.Others, "other replica")} of this image {(peers.Others == 1 ? "does" : "do")} not show it"
                    : Text($"{peers.Lifted} of {DisplayText.Plural(peers.Others, "other replica")} of this image {(peers.Lifted == 1 ? "shows" : "show")} it too: look for a cause that they share"),
                1));
        }

        return new Assessment(FloorClass, evidence, value, IsConsequence: false);
    }

    public static Assessment OfMiner(MinerTerms terms, in MinerUse use, in MinerSigns signs, ProcessInfo? busiest)
    {
        var evidence = new List<Evidence>();
        Add(MinerTerms.Stratum, "it spoke Stratum, the protocol of mining pools");
        Add(MinerTerms.Control, "something in it set how much memory is kept as huge pages, or a register of the processor, as miners do");
        Add(MinerTerms.Steady, Text($"it computes without a pause for {Titles.Span(use.Time)}: {100 * use.UserShare:0.#} % in user mode, {use.Cores:0.00} cores and hardly more or less ({100 * Math.Min(use.Spread, use.TopSpread):0.#} %)"));
        if (signs.Flow is { } flow)
        {
            Add(MinerTerms.Flow, Text($"a connection to {flow.Peer}, which is not the deployment's own, lives for {Titles.Span(new(flow.Duration))} with {flow.Rate:0} bytes a second, as one to a pool does"));
        }

        Add(MinerTerms.WholeCores, use.ThrottledShare > 0
            ? Text($"it takes all of its {use.Limit:0.##} cores and is held back in {100 * use.ThrottledShare:0} % of periods")
            : Text($"it takes whole processors: {(use.TopCores > 0 ? use.TopCores : use.Cores):0.00}"));
        Add(MinerTerms.Memory, Text($"it holds {Math.Max(use.MemoryMost, use.HugePages) / (1 << 20):0} MiB all the time, as RandomX does"));
        Add(MinerTerms.Program, "its busiest program is not of the image, or not the deployment's own");
        AddBusiest(evidence, busiest, use.TopCores);
        return new Assessment(
            MinerClass, evidence, Math.Min(IncidentWeight.Cap, Math.Pow(MinerScore.PointFactor, MinerScore.Points(terms))), IsConsequence: false);

        void Add(MinerTerms term, string words)
        {
            if ((terms & term) != 0)
            {
                evidence.Add(new(words, Math.Pow(MinerScore.PointFactor, MinerScore.Points(term)), Technique));
            }
        }
    }

    private static void AddBusiest(List<Evidence> evidence, ProcessInfo? busiest, double cores)
    {
        if (busiest is not null && cores > 0)
        {
            evidence.Add(new(Text($"most of it is used by {DisplayText.Path(busiest.Binary)} (pid {busiest.Pid}): {cores:0.00} cores"), 1));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
