namespace Runtime.Collector.Storage;

/// <summary>Wakes who waits for the next commit of one kind. Any thread.</summary>
internal sealed class CommitSignal
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes at the first commit after this call.</summary>
    public Task NextAsync(CancellationToken cancellationToken) => Volatile.Read(ref _next).Task.WaitAsync(cancellationToken);

    public void Raise() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
