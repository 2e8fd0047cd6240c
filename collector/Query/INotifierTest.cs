namespace Runtime.Collector.Query;

/// <summary>What a receiver answered to a sample alert.</summary>
internal sealed record NotifierAnswer(bool Delivered, string Answer, TimeSpan Took);

/// <summary>Sends a sample alert through one notifier. Any thread.</summary>
internal interface INotifierTest
{
    /// <summary>Names of the notifiers that the settings have.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Null when there is no such notifier.</summary>
    Task<NotifierAnswer?> TestAsync(string name, CancellationToken cancellationToken);
}
