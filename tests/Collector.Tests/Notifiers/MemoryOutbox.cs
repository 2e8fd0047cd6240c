using System.Threading.Channels;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>The outbox's contract in memory. Every mark is announced, so that a test can wait for it.</summary>
internal sealed class MemoryOutbox : IOutbox
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Delivery> _waiting = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Channel<Mark> Marks { get; } = Channel.CreateUnbounded<Mark>();

    /// <summary>Thrown by the next so many marks: a full disk.</summary>
    public int FailingMarks { get; set; }

    public void Enqueue(Delivery delivery)
    {
        lock (_lock)
        {
            _waiting.Add(delivery.Id, delivery);
            var news = _news;
            _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
            news.SetResult();
        }
    }

    public Task<IReadOnlyList<Delivery>> TakeDueAsync(string notifier, Severity from, int limit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Delivery>>([.. _waiting.Values.Where(row => row.Notifier == notifier && row.Due <= now && IsUrgent(row, from)).OrderBy(row => row.Id).Take(limit)]);
        }
    }

    public Task MarkDeliveredAsync(long id, string answer, DateTimeOffset when, CancellationToken cancellationToken) => MarkAsync(id, row => null, new(id, "delivered", answer, when, null));

    public Task MarkFailedAsync(long id, string answer, DateTimeOffset when, DateTimeOffset? nextAttempt, CancellationToken cancellationToken) => MarkAsync(
        id,
        row => nextAttempt is { } next ? row with { Attempts = row.Attempts + 1, Due = next, Tried = row.Tried ?? when } : null,
        new(id, nextAttempt is null ? "failed" : "retry", answer, when, nextAttempt));

    public Task<DateTimeOffset?> NextDueAsync(string notifier, Severity from, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_waiting.Values.Where(row => row.Notifier == notifier && IsUrgent(row, from)).Min(row => (DateTimeOffset?)row.Due));
        }
    }

    public Task<IReadOnlyList<WaitingMessages>> ListWaitingAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<WaitingMessages>>([.. _waiting.Values.GroupBy(row => row.Notifier).Select(rows => new WaitingMessages(rows.Key, rows.Count()))]);
        }
    }

    public Task<int> DropWaitingAsync(string notifier, DateTimeOffset before, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_waiting.Values.Where(row => row.Notifier == notifier && row.Enqueued < before).ToList().Count(row => _waiting.Remove(row.Id)));
        }
    }

    public Task WaitForNewAsync(string notifier, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _news.Task.WaitAsync(cancellationToken);
        }
    }

    public async Task<Mark> NextMarkAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        return await Marks.Reader.ReadAsync(limit.Token);
    }

    /// <summary>As the store has it.</summary>
    private bool IsUrgent(Delivery row, Severity from) => from == Severity.Unspecified || (row.Message is AlertMessage { Incident.Id: var id }
        && _waiting.Values.Any(other => other.Notifier == row.Notifier && other.Message is AlertMessage { Incident: var incident } && incident.Id == id && incident.Severity >= from));

    private Task MarkAsync(long id, Func<Delivery, Delivery?> change, Mark mark)
    {
        lock (_lock)
        {
            if (FailingMarks > 0)
            {
                FailingMarks--;
                throw new IOException("No space left on device");
            }

            if (change(_waiting[id]) is { } row)
            {
                _waiting[id] = row;
            }
            else
            {
                _waiting.Remove(id);
            }
        }

        Marks.Writer.TryWrite(mark);
        return Task.CompletedTask;
    }
}

/// <param name="State">"delivered", "retry" or "failed".</param>
internal sealed record Mark(long Id, string State, string Answer, DateTimeOffset When, DateTimeOffset? Next);
