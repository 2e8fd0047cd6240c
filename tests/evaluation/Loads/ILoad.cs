using System.Net.Sockets;
using Runtime.Pods;

namespace Runtime.Evaluation.Loads;

/// <summary>Who uses a workload.</summary>
/// <param name="Address">The pod's.</param>
/// <param name="Seed">Equal seeds give equal requests in equal order; their pace depends on the answers.</param>
/// <param name="ReadSettingsAnew">Has the workload do so, as its operator does.</param>
internal sealed record LoadTarget(ContainerdNode Node, string Address, int Seed, Func<Task> ReadSettingsAnew);

/// <summary>What the users of a workload do all the time.</summary>
internal interface ILoad
{
    /// <summary>TCP, where it is used.</summary>
    int Port { get; }

    /// <summary>One round of use, a few requests with pauses between them.</summary>
    /// <exception cref="IOException">It does not serve (yet); also <see cref="SocketException"/>, <see cref="HttpRequestException"/> and, at a limit of its own, <see cref="OperationCanceledException"/>.</exception>
    Task RoundAsync(LoadTarget target, Random random, int round, CancellationToken cancellationToken);
}

/// <summary>A load that runs.</summary>
internal sealed class RunningLoad : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _run;

    public RunningLoad(ILoad load, LoadTarget target) => _run = RunAsync(load, target);

    /// <summary>The first round is done.</summary>
    /// <exception cref="TimeoutException">The workload did not serve; with its last fault.</exception>
    public Task ServedAsync(CancellationToken cancellationToken) => _served.Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync(ILoad load, LoadTarget target)
    {
        var random = new Random(target.Seed);
        var started = TimeProvider.System.GetTimestamp();
        for (var round = 0; !_stop.IsCancellationRequested; round++)
        {
            try
            {
                await load.RoundAsync(target, random, round, _stop.Token);
                _served.TrySetResult();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is IOException or SocketException or HttpRequestException or OperationCanceledException)
            {
                // A workload starts when it starts, and an attack may end it: users try again.
                if (TimeProvider.System.GetElapsedTime(started) > StartLimit)
                {
                    _served.TrySetException(new TimeoutException($"the workload does not serve within {StartLimit.TotalSeconds:0} s: {e.Message}"));
                }

                await Task.Delay(100, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _served.TrySetCanceled();
    }
}
