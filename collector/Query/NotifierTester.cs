using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Query;

/// <summary>The notifiers of the settings, for TestNotifier.</summary>
internal sealed class NotifierTester(OutboxDispatcher dispatcher, NotifierDirectory notifiers) : INotifierTest
{
    public IReadOnlyList<string> Names => notifiers.Names;

    public Task<NotifierTest?> TestAsync(string name, CancellationToken cancellationToken) => dispatcher.TestAsync(name, cancellationToken);
}
