using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Runtime.Tests;

/// <summary>
/// A fake clock that knows how many timers wait on it. Who sleeps has done what there was to do, so a test can move the clock
/// when all sleep, and needs no real time in between.
/// </summary>
internal sealed class SleepersClock : FakeTimeProvider
{
    public SleepersClock()
    {
    }

    public SleepersClock(DateTimeOffset start)
        : base(start)
    {
    }

    private readonly Lock _lock = new();
    private int _sleepers;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Sleeper(this, base.CreateTimer(callback, state, dueTime, period));
        Count(1);
        return timer;
    }

    /// <summary>Ends when at least so many sleep.</summary>
    /// <exception cref="TimeoutException">They did not, within the real time that <paramref name="limit"/> gives.</exception>
    public async Task SleepingAsync(int sleepers, TimeSpan limit)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_sleepers >= sleepers)
                    return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(limit, TestContext.Current.CancellationToken);
        }
    }

    private void Count(int change)
    {
        lock (_lock)
        {
            _sleepers += change;
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Sleeper(SleepersClock clock, ITimer timer) : ITimer
    {
        private int _ended;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) != 0)
                return;
            timer.Dispose();
            clock.Count(-1);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
