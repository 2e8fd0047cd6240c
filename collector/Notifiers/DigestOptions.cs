using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Runtime.Collector.Notifiers;

/// <summary>The daily digest: incidents that did not alert and are worth a look, at most 20 for each cluster.</summary>
internal sealed class DigestOptions
{
    public const string Section = "Digest";

    /// <summary>When it is sent, every day, in UTC. A day with nothing to tell has none.</summary>
    [RegularExpression("^([01][0-9]|2[0-3]):[0-5][0-9]$", ErrorMessage = "must be a time of day from 00:00 to 23:59, such as 07:00")]
    public string At { get; set; } = "07:00";

    /// <summary>The newest time, up to now, at which a digest was due.</summary>
    public DateTimeOffset SlotAt(DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + TimeOnly.ParseExact(At, "HH:mm", CultureInfo.InvariantCulture).ToTimeSpan();
        return today <= now ? today : today.AddDays(-1);
    }
}
