using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Runtime.Collector.Notifiers;

/// <summary>Hours of each day, and whole days of the week, in which only critical alerts are sent.</summary>
internal sealed class QuietHours : IValidatableObject
{
    private const string TimeRule = "must be a time of day from 00:00 to 23:59, such as 22:00";

    /// <summary>When they begin; with To. Neither: there are none.</summary>
    [RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9])?$", ErrorMessage = TimeRule)]
    public string From { get; set; } = "";

    /// <summary>When they end, on the same day or on the next.</summary>
    [RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9])?$", ErrorMessage = TimeRule)]
    public string To { get; set; } = "";

    /// <summary>Days that are quiet from midnight to midnight, such as Saturday, Sunday; beside From and To, or alone.</summary>
    public List<DayOfWeek> Days { get; set; } = [];

    /// <summary>Whose time it is, by its name in the IANA database, such as Europe/Berlin. On a night when clocks change they end when the clock shows To.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Whether there are any.</summary>
    public bool IsSet => From.Length > 0 || Days.Count > 0;

    /// <returns>When they end; null when <paramref name="now"/> is not in them.</returns>
    public DateTimeOffset? EndOf(DateTimeOffset now)
    {
        if (!IsSet)
        {
            return null;
        }

        // A quiet night and a quiet day follow one another. It ends: one day of the week is not in Days, and From is not To.
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        DateTimeOffset? end = null;
        while (EndOfPart(end ?? now, zone) is { } next)
        {
            end = next;
        }

        return end;
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

        if (Days.Distinct().Count() == 7)
        {
            yield return new("has every day of the week: set MinimumSeverity for that", [nameof(Days)]);
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return new("is no time zone that this machine knows, such as Europe/Berlin (Debian: tzdata)", [nameof(TimeZone)]);
        }
    }

    /// <summary>Of the night or the day.</summary>
    private DateTimeOffset? EndOfPart(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        DateTime end;
        if (Days.Contains(local.DayOfWeek))
        {
            end = local.Date.AddDays(1);
        }
        // IsBetween takes a range over midnight too; its end is outside.
        else if (From.Length > 0 && TimeOnly.FromDateTime(local).IsBetween(Parse(From), Parse(To)))
        {
            end = local.Date.Add(Parse(To).ToTimeSpan());
            end = end > local ? end : end.AddDays(1);
        }
        else
        {
            return null;
        }

        while (zone.IsInvalidTime(end))
        {
            // The clock jumps over it: the first minute that there is.
            end = end.AddMinutes(1);
        }

        return new DateTimeOffset(end, zone.GetUtcOffset(end)).ToUniversalTime();
    }

    private static TimeOnly Parse(string time) => TimeOnly.ParseExact(time, "HH:mm", CultureInfo.InvariantCulture);
}
