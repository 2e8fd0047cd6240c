using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Runtime.Collector.Notifiers;

/// <summary>Hours of each day in which only critical alerts are sent.</summary>
internal sealed class QuietHours : IValidatableObject
{
    private const string TimeRule = "must be a time of day from 00:00 to 23:59, such as 22:00";

    /// <summary>When they begin; with To. Neither: there are none.</summary>
    [RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9])?$", ErrorMessage = TimeRule)]
    public string From { get; set; } = "";

    /// <summary>When they end, on the same day or on the next.</summary>
    [RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9])?$", ErrorMessage = TimeRule)]
    public string To { get; set; } = "";

    /// <summary>Whose time it is, by its name in the IANA database, such as Europe/Berlin. On a night when clocks change they end when the clock shows To.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <returns>When they end; null when <paramref name="now"/> is not in them.</returns>
    public DateTimeOffset? EndOf(DateTimeOffset now)
    {
        if (From.Length == 0)
        {
            return null;
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var (from, to, time) = (Parse(From), Parse(To), TimeOnly.FromDateTime(local));
        // IsBetween takes a range over midnight too; its end is outside.
        if (!time.IsBetween(from, to))
        {
            return null;
        }

        var end = local.Date.Add(to.ToTimeSpan());
        end = end > local ? end : end.AddDays(1);
        while (zone.IsInvalidTime(end))
        {
            // The clock jumps over it: the first minute that there is.
            end = end.AddMinutes(1);
        }

        return new DateTimeOffset(end, zone.GetUtcOffset(end)).ToUniversalTime();
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (From.Length > 0 != To.Length > 0)
        {
            yield return new("and To belong together: set both or neither", [nameof(From)]);
        }
        else if (From.Length > 0 && From == To)
        {
            yield return new("is From: that would be the whole day; set MinimumSeverity for that", [nameof(To)]);
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return new("is no time zone that this machine knows, such as Europe/Berlin (Debian: tzdata)", [nameof(TimeZone)]);
        }
    }

    private static TimeOnly Parse(string time) => TimeOnly.ParseExact(time, "HH:mm", CultureInfo.InvariantCulture);
}
