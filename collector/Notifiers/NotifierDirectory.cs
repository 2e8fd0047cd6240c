using Runtime.Collector.Detection;

namespace Runtime.Collector.Notifiers;

/// <summary>All notifiers of the settings. Immutable.</summary>
internal sealed class NotifierDirectory(IReadOnlyList<INotifier> all)
{
    public IReadOnlyList<INotifier> All => all;

    public IReadOnlyList<string> Names { get; } = [.. all.Select(notifier => notifier.Name)];

    /// <summary>Who gets the daily digest.</summary>
    public IReadOnlyList<string> DigestNames { get; } = [.. all.Where(notifier => notifier.WantsDigest).Select(notifier => notifier.Name)];

    /// <summary>Who is to be told of an incident of this severity: a row in the outbox for each.</summary>
    public IReadOnlyList<string> NamesFor(Severity severity) => [.. all.Where(notifier => severity >= notifier.MinimumSeverity).Select(notifier => notifier.Name)];

    /// <summary>Null when there is none of that name.</summary>
    public INotifier? Find(string name) => all.FirstOrDefault(notifier => notifier.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
