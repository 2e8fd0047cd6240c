using Runtime.Collector.Detection;

namespace Runtime.Collector.Incidents;

/// <summary>What the people of one cluster hear of once a day: incidents that are worth a look and did not alert.</summary>
internal sealed record Digest
{
    public const int MaxLines = 20;

    public required string Cluster { get; init; }

    /// <summary>Collector's clock: what came in between.</summary>
    public required DateTimeOffset Since { get; init; }
    public required DateTimeOffset Until { get; init; }

    /// <summary>Strongest evidence first, then by id; 1 to <see cref="MaxLines"/>.</summary>
    public required IReadOnlyList<DigestLine> Lines { get; init; }

    /// <summary>Incidents that are weaker than the last line, and only counted.</summary>
    public required long More { get; init; }

    /// <summary>Incidents that are still open, were in an earlier digest, and of which nothing was seen since.</summary>
    public required long Quiet { get; init; }
}

/// <summary>One incident of a digest.</summary>
internal sealed record DigestLine
{
    private const int MaxTitle = 300;
    private const int MaxPods = 5;

    public required string IncidentId { get; init; }
    public required string ScopeId { get; init; }

    /// <summary>At most 300 characters of it; may hold text of a container.</summary>
    public required string Title { get; init; }
    public required Severity Severity { get; init; }
    public required double EValue { get; init; }

    /// <summary>What <see cref="EValue"/> had to reach for an alert.</summary>
    public required double Threshold { get; init; }

    /// <summary>It reached the threshold, but a scheduler started it before the deployment was watched for a full week.</summary>
    public required bool IsDelayed { get; init; }

    /// <summary>The first five.</summary>
    public required IReadOnlyList<string> Pods { get; init; }
    public required int PodCount { get; init; }

    /// <summary>Agents' clocks.</summary>
    public required DateTimeOffset FirstSeen { get; init; }
    public required DateTimeOffset LastSeen { get; init; }
    public required ulong Count { get; init; }

    /// <summary>When a digest had it last, by the collector's clock; null when none had.</summary>
    public required DateTimeOffset? Told { get; init; }

    public static DigestLine Of(Incident incident, DateTimeOffset? told) => new()
    {
        IncidentId = incident.Id,
        ScopeId = incident.ScopeId,
        Title = DisplayText.Shorten(incident.Title, MaxTitle),
        Severity = incident.Severity,
        EValue = incident.EValue,
        Threshold = incident.Threshold,
        IsDelayed = incident.DelayedRevision > 0,
        Pods = [.. incident.Pods.Take(MaxPods)],
        PodCount = incident.Pods.Count,
        FirstSeen = incident.FirstSeen,
        LastSeen = incident.LastSeen,
        Count = incident.Count,
        Told = told,
    };
}
