using System.ComponentModel.DataAnnotations;

namespace Runtime.Collector.Notifiers;

/// <summary>How long and how often a delivery is tried.</summary>
internal sealed class OutboxOptions : IValidatableObject
{
    public const string Section = "Outbox";

    /// <summary>Longest wait before the second attempt; it doubles with every attempt, and the wait itself is drawn evenly from 0 up to it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the doubling ends.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long after its first attempt a delivery is given up. It stays visible as failed, and can be repeated.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long the log of deliveries keeps what was delivered, refused or given up; that of an incident goes with the incident, if that is sooner.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Deliveries that the log keeps at most, the newest; what waits is not counted.</summary>
    [Range(1000, 10_000_000)]
    public int LogLength { get; set; } = 100_000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LongestRetry < FirstRetry)
        {
            yield return new("must not be shorter than FirstRetry", [nameof(LongestRetry)]);
        }
    }
}
