using System.Collections.Concurrent;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Tests.Containers;

/// <summary>A runtime that knows what the test tells it.</summary>
internal sealed class FakeRuntimeClient(string name) : IRuntimeClient
{
    public ConcurrentDictionary<string, ContainerDetails> Known { get; } = new();
    public Exception? Fault { get; set; }
    public TaskCompletionSource? Hang { get; set; }
    public string Name => name;
    public bool IsPresent { get; set; } = true;
    public bool Disposed { get; private set; }

    public async Task<IReadOnlyList<ContainerDetails>> FindAsync(IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken)
    {
        if (Hang is { } hang)
            await hang.Task.WaitAsync(cancellationToken);
        if (Fault is { } fault)
            throw fault;
        return [.. wanted.Select(w => Known.GetValueOrDefault(w.Id)).OfType<ContainerDetails>()];
    }

    public void Dispose() => Disposed = true;
}
