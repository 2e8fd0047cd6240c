using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>The contract in memory. One test's, one thread.</summary>
internal sealed class MemoryThreads : IThreadLog
{
    public Dictionary<(string Notifier, string Incident), ChatThread> All { get; } = [];

    public Task<ChatThread?> FindAsync(string notifier, string incidentId, CancellationToken cancellationToken) => Task.FromResult(All.GetValueOrDefault((notifier, incidentId)));

    public Task SaveAsync(ChatThread thread, CancellationToken cancellationToken)
    {
        All[(thread.Notifier, thread.IncidentId)] = thread;
        return Task.CompletedTask;
    }
}
