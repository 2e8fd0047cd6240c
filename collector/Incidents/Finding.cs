using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Incidents;

/// <summary>A deviation that goes on: its next sighting is counted and not told anew.</summary>
/// <param name="Keys">Full keys of the items that it is about.</param>
internal sealed record OpenDeviation(string Id, IReadOnlyList<string> Keys, WeighedClass Weighed);

/// <summary>What an observation deviates by, ready to join an incident.</summary>
/// <param name="Keys">Full keys of what is new; the first identifies the deviation.</param>
/// <param name="Root">Index in the lineage of the highest process that deviates.</param>
/// <param name="Write">Who wrote what was executed; null when that is not known.</param>
/// <param name="IsLearning">The group learns, or does not settle.</param>
internal sealed record Finding(
    Observation Observation, ItemKind Kind, IReadOnlyList<string> Keys, string Title, Assessment Assessment, KindGroup Group, double Threshold, int Root, RecentWrite? Write,
    bool IsLearning)
{
    /// <summary>Null: the threshold is the same whatever the budget.</summary>
    public Bar? Bar { get; init; }

    public bool IsTierZero => Kind == ItemKind.TierZero;

    /// <summary>The cause of the review that it belongs to, whatever its process; null for what is told by itself.</summary>
    public string? Review { get; init; }

    /// <summary>About the image and not about what a process does: an incident of its own, and what the process does next is judged as ever.</summary>
    public bool IsOfImage { get; init; }

    /// <summary>Of a resource: enough by itself.</summary>
    public bool Stands { get; init; }

    /// <summary>
    /// Its process belongs to the incident, and what runs below it. A lifted floor tells who uses most, which may be whom the attacker sits in.
    /// What a review or an image's own finding holds is explained, and what runs below that is not below a deviation.
    /// </summary>
    public bool MarksProcess => Review is null && !IsOfImage && (Kind != ItemKind.Resource || (Stands && Observation.Lineage.Count > 0));

    /// <summary>Seen while the baseline learnt or did not settle; a Tier 0 fact needs no baseline.</summary>
    public bool IsOfLearning => !IsTierZero && IsLearning;
}
