using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Query;

/// <summary>Sends a sample alert through one notifier. Any thread.</summary>
internal interface INotifierTest
{
    /// <summary>Names of the notifiers that the settings have.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Null when there is no such notifier.</summary>
    Task<NotifierTest?> TestAsync(string name, CancellationToken cancellationToken);
}
