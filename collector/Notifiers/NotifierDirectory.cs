using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>All notifiers of the settings. Immutable.</summary>
internal sealed class NotifierDirectory(IReadOnlyList<INotifier> all)
{
    public IReadOnlyList<INotifier> All => all;

    public IReadOnlyList<string> Names { get; } = [.. all.Select(notifier => notifier.Options.Name)];

    /// <summary>Who gets the daily digest.</summary>
    public IReadOnlyList<string> DigestNames { get; } = [.. all.Where(notifier => notifier.Options.WantsDigest).Select(notifier => notifier.Options.Name)];

    /// <summary>Who is to be told of it: a row in the outbox for each.</summary>
    public IReadOnlyList<string> NamesFor(Incident incident) =>
        [.. Fitting(incident).Where(notifier => incident.Severity >= notifier.Options.MinimumSeverity).Select(notifier => notifier.Options.Name)];

    /// <summary>Whose it is, whatever its severity. What fits nobody's For is for those with Rest; without any, for all: no incident is for nobody.</summary>
    public IReadOnlyList<INotifier> Fitting(Incident incident)
    {
        // Who is for everything settles nothing: a forgotten namespace is one for which nobody was named.
        var named = all.Any(notifier => notifier.Options.For.Exists(filter => filter.Fits(incident)));
        var fitting = all.Where(notifier => notifier.Options.IsFor(incident) || (notifier.Options.Rest && !named)).ToList();
        return fitting.Count > 0 ? fitting : all;
    }

    /// <summary>Null when there is none of that name.</summary>
    public INotifier? Find(string name) => all.FirstOrDefault(notifier => notifier.Options.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
