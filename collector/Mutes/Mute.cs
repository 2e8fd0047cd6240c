using System.Text.Json.Serialization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Mutes;

/// <summary>A person's word that alerts of one scope need not be told for a while. Says nothing of the baseline: what is muted is not learnt.</summary>
internal sealed record Mute
{
    public const int MostOfScope = 64;
    public const int Most = 1000;
    public const int MostImages = 256;
    public static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    /// <summary>20 hex digits, of what it says and when it was made.</summary>
    public required string Id { get; init; }
    public required string ScopeId { get; init; }

    /// <summary>As <see cref="Deviation.Kind"/>; empty: any but "tier0".</summary>
    public required string Kind { get; init; }

    /// <summary>Pattern of <see cref="Deviation.Key"/>, * for any characters; empty: any.</summary>
    public required string Key { get; init; }

    /// <summary>Of the incident, whole; empty: any.</summary>
    public required string Cause { get; init; }

    /// <summary>Who answers for it, and who made it ("alice (uid 1000)").</summary>
    public required string Owner { get; init; }
    public required string CreatedBy { get; init; }
    public required string Reason { get; init; }

    /// <summary>Collector's clock.</summary>
    public required DateTimeOffset Created { get; init; }
    public required DateTimeOffset Expires { get; init; }

    /// <summary>What the scope's containers ran when it was made, by name; see <see cref="ImageOf"/>. At most <see cref="MostImages"/>; one that was left out ends it.</summary>
    public required IReadOnlyList<string> Images { get; init; }
    public bool AnyImage { get; init; }

    /// <summary>When it ended before its time; null when it did not.</summary>
    [JsonIgnore]
    public DateTimeOffset? Ended { get; init; }

    /// <summary>"removed" or "image_changed"; empty when it did not end before its time.</summary>
    [JsonIgnore]
    public string EndState { get; init; } = "";

    /// <summary>Who removed it, or the image that it did not know.</summary>
    [JsonIgnore]
    public string EndedBy { get; init; } = "";

    /// <summary>Alerts that nobody was told of: incidents, and later revisions of them.</summary>
    [JsonIgnore]
    public long Silenced { get; init; }

    [JsonIgnore]
    public DateTimeOffset? LastSilenced { get; init; }

    public bool IsActive(DateTimeOffset now) => Ended is null && now < Expires;

    /// <summary>A fact that needs no baseline is covered only by who names it: there is no mute of "everything" that takes one in.</summary>
    public bool Covers(Deviation deviation, string cause) =>
        (Kind.Length > 0 ? deviation.Kind == Kind : deviation.Kind != Item.Name(ItemKind.TierZero))
        && BudgetRule.Matches(Key, deviation.Key)
        && (Cause.Length == 0 || Cause == cause)
        && Knows(deviation.Container);

    /// <summary>True for the host, which has no image.</summary>
    public bool Knows(ContainerInfo? container) => AnyImage || container is null || Images.Contains(ImageOf(container.ImageDigest, container.Image));

    /// <summary>The digest; the name where the container runtime tells none.</summary>
    public static string ImageOf(string digest, string name) => digest.Length > 0 ? digest : name;
}

/// <param name="Image">The one that it did not know.</param>
internal sealed record EndedMute(string Id, string Image);
