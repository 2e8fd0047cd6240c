namespace Runtime.Collector.Detection;

/// <summary>What one novelty weighs. Reasons multiply to <see cref="EValue"/>.</summary>
/// <param name="Class">The evidence class that decided; of each group an incident counts the strongest.</param>
/// <param name="IsConsequence">Says nothing beyond the process above it that deviates already: neither raises nor lowers an incident.</param>
internal sealed record Assessment(string Class, IReadOnlyList<Evidence> Evidence, double EValue, bool IsConsequence)
{
    /// <summary>What stands out even where everything is new: it is told from the first hour, and needs a quorum to be learnt.</summary>
    public const double RemarkableFrom = 10;

    /// <summary>No single novelty outweighs it.</summary>
    public const double Cap = 1000;

    public bool IsRemarkable => EValue >= RemarkableFrom;

    /// <summary>A class that harmless novelty is mostly of: it tells nothing beside one that stands out, neither for an attack nor against it.</summary>
    public bool IsOrdinary { get; init; }

    /// <summary>How bad it is, as told from how sure it is: people who hear of it hear of it as at least that. Medium: what its weight says.</summary>
    public Severity Gravity { get; init; } = Severity.Medium;
}

/// <summary>One class that a novelty matches, before explanations.</summary>
/// <param name="Ratio">How much more often an attack's novelty is of this class than a harmless one.</param>
/// <param name="Gravity">See <see cref="Assessment.Gravity"/>.</param>
internal readonly record struct ClassMatch(string Class, double Ratio, string Reason, string Technique, Severity Gravity = Severity.Medium);

/// <summary>Why a novelty may be harmless; multiplies its weight.</summary>
internal readonly record struct Explanation(double Factor, string Reason);

/// <summary>What surrounds an observation: told by the scope's engine, which knows the baseline.</summary>
internal readonly record struct Surroundings
{
    /// <summary>The parent serves the network and was never seen to start a program while it did, in a baseline that has learnt.</summary>
    public bool ParentStartsNothing { get; init; }

    /// <summary>The path under which a program of this name is known; null when it is not, or this is the one.</summary>
    public string? KnownElsewhere { get; init; }

    /// <summary>Who wrote the executed or loaded file a short while ago; null when nobody was seen to.</summary>
    public FileWriter? WrittenBy { get; init; }

    /// <summary>The program itself is known and only its parent is new.</summary>
    public bool OnlyEdgeIsNew { get; init; }

    /// <summary>The parent starts this binary all the time, and only what it runs is new: another script, other code.</summary>
    public bool EdgeIsKnown { get; init; }

    /// <summary>A process above already deviates.</summary>
    public bool BelowDeviation { get; init; }

    /// <summary>The program was seen to connect before.</summary>
    public bool HasEgress { get; init; }

    /// <summary>The peer is known by a name that the container looked up.</summary>
    public bool IsNamed { get; init; }

    /// <summary>This deployment looks names up where we see it, so that a peer without one was dialled by its address.</summary>
    public bool SeesNames { get; init; }

    /// <summary>The deployment asks another resolver of its network.</summary>
    public bool HasResolver { get; init; }

    /// <summary>The program asked for more names below one domain than are told one by one.</summary>
    public bool ManyNames { get; init; }

    /// <summary>The file is what the image's package database says it is.</summary>
    public bool IsPackaged { get; init; }

    /// <summary>The container runs an image that is new to the baseline.</summary>
    public bool OnProbation { get; init; }

    /// <summary>Those in force; null: the built-in ones.</summary>
    public Rules.RuleSet? Rules { get; init; }
}

/// <summary>Turns matches into evidence: the strongest class weighs, the others are told beside it.</summary>
/// <remarks>Classes of one event are not independent, so their product would be no e-value.</remarks>
internal static class Weighing
{
    private const double OrdinaryUpTo = 3;

    public static Assessment Weigh(List<ClassMatch> matches, Ingest.ProcessInfo process, in Surroundings surroundings, bool lowerLayer)
    {
        matches.Sort((left, right) => right.Ratio.CompareTo(left.Ratio));
        var strongest = matches[0];
        var ratio = Math.Min(Assessment.Cap, strongest.Ratio);
        var evidence = new List<Evidence> { new(strongest.Reason, ratio, strongest.Technique) };
        var value = ratio;
        foreach (var match in matches.Skip(1))
        {
            evidence.Add(new Evidence("also: " + match.Reason, 1, match.Technique));
        }

        if (Explain(process, surroundings, lowerLayer) is { } explanation)
        {
            evidence.Add(new Evidence(explanation.Reason, explanation.Factor));
            value *= explanation.Factor;
        }

        return new Assessment(strongest.Class, evidence, value, surroundings.BelowDeviation && ratio < 2)
        {
            IsOrdinary = ratio <= OrdinaryUpTo,
            Gravity = matches.Max(match => match.Gravity),
        };
    }

    /// <summary>
    /// The strongest explanation alone: two of them often tell of the same thing. Starting explains only what the image brings: a worker that starts
    /// programs all the time counts as starting for minutes, and what is dropped into it meanwhile is none of its start.
    /// </summary>
    private static Explanation? Explain(Ingest.ProcessInfo process, in Surroundings surroundings, bool lowerLayer) =>
        surroundings.OnProbation && lowerLayer ? new Explanation(0.2, "it comes with an image that is new here")
        : process.Phase == Ingest.Phase.Session ? new Explanation(0.3, "it runs in a session that the container runtime was asked for (exec or probe)")
        : process.Phase == Ingest.Phase.Init && lowerLayer ? new Explanation(0.3, "the container was still starting")
        : surroundings.IsPackaged ? new Explanation(0.3, "it is the file that its package has")
        : null;
}
