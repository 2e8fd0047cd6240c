using System.Globalization;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>Which incidents of a digest are for whom, and when it is sent.</summary>
/// <param name="filters">By notifier; who is not in it is told of all. Bounded by the settings.</param>
/// <param name="times">By notifier, of the day in UTC; who is not in it gets it at once. Bounded by the settings.</param>
internal sealed class DigestAudience(IReadOnlyDictionary<string, Func<Incident, bool>> filters, IReadOnlyDictionary<string, TimeOnly> times)
{
    public static DigestAudience Everyone { get; } = new(new Dictionary<string, Func<Incident, bool>>(), new Dictionary<string, TimeOnly>());

    public static DigestAudience Of(NotifierDirectory notifiers) => new(
        notifiers.All.Where(notifier => notifier.Options.For.Count > 0 || notifier.Options.Rest)
            .ToDictionary(notifier => notifier.Options.Name, notifier => (Func<Incident, bool>)(incident => notifiers.Fitting(incident).Contains(notifier)), StringComparer.Ordinal),
        notifiers.All.Where(notifier => notifier.Options.DigestAt.Length > 0)
            .ToDictionary(notifier => notifier.Options.Name, notifier => TimeOnly.ParseExact(notifier.Options.DigestAt, "HH:mm", CultureInfo.InvariantCulture), StringComparer.Ordinal));

    /// <summary>Null: all of them.</summary>
    public Func<Incident, bool>? FilterOf(string notifier) => filters.GetValueOrDefault(notifier);

    /// <summary>When a digest that is made now is due at this notifier.</summary>
    public DateTimeOffset DueOf(string notifier, DateTimeOffset now)
    {
        if (!times.TryGetValue(notifier, out var time))
        {
            return now;
        }

        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + time.ToTimeSpan();
        return today >= now ? today : today.AddDays(1);
    }
}
