using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>Which incidents of a digest are for whom.</summary>
/// <param name="filters">By notifier; who is not in it is told of all. Bounded by the settings.</param>
internal sealed class DigestAudience(IReadOnlyDictionary<string, Func<Incident, bool>> filters)
{
    public static DigestAudience Everyone { get; } = new(new Dictionary<string, Func<Incident, bool>>());

    public static DigestAudience Of(NotifierDirectory notifiers) => new(notifiers.All
        .Where(notifier => notifier.Options.For.Count > 0 || notifier.Options.Rest)
        .ToDictionary(notifier => notifier.Options.Name, notifier => (Func<Incident, bool>)(incident => notifiers.Fitting(incident).Contains(notifier)), StringComparer.Ordinal));

    /// <summary>Null: all of them.</summary>
    public Func<Incident, bool>? FilterOf(string notifier) => filters.GetValueOrDefault(notifier);
}
