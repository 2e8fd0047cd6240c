using Grpc.Core;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Runs;
using Runtime.Pods;

namespace Runtime.Evaluation.Recordings;

/// <summary>A workload with its pods, which live through a calendar.</summary>
/// <param name="image">As loaded into the node.</param>
/// <param name="next">What a rollout brings, loaded too.</param>
/// <param name="starts">Pods that may start at once: a machine of two processors starts no twelve.</param>
internal sealed class LivingDeployment(ContainerdNode node, TestImage definition, OciImage image, OciImage next, int seed, SemaphoreSlim starts) : IAsyncDisposable
{
    private const int Scaled = 3;

    private readonly Random _random = new(seed);

    // Oldest first; at most Scaled.
    private readonly List<Replica> _replicas = [];

    private OciImage _image = image;
    private int _revision = 1;
    private int _started;

    public string Name => definition.Name;

    /// <summary>Why it lives no more; null while it does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Until the last entry, or a fault.</summary>
    /// <param name="calendar">By time.</param>
    /// <param name="begun">Timestamp of the recording's unit 0.</param>
    /// <param name="begin">The unit in which the deployment begins.</param>
    public async Task RunAsync(IReadOnlyList<Entry> calendar, long begun, double begin, TimeSpan unit, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var entry in calendar)
            {
                var wait = (begin + entry.Unit) * unit - TimeProvider.System.GetElapsedTime(begun);
                if (wait > TimeSpan.Zero)
                {
                    // The days that are recorded: what befalls a deployment comes by the clock, and by nothing that could be awaited.
                    await Task.Delay(wait, cancellationToken);
                }

                await TakeAsync(entry.Happening, cancellationToken);
            }
        }
        catch (Exception e) when (e is TimeoutException or RpcException or ArgumentException)
        {
            // One workload that does not run must not end the others; it is told of.
            Fault = e is RpcException rpc ? rpc.Status.Detail : e.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }
    }

    private async Task TakeAsync(Happening happening, CancellationToken cancellationToken)
    {
        var one = _replicas.Count > 0 ? _random.Next(_replicas.Count) : -1;
        switch (happening)
        {
            case Happening.Replace:
                await EndAsync(_replicas.Count, cancellationToken);
                await StartAsync(1, cancellationToken);
                break;
            case Happening.Restart:
                await _replicas[one].RestartAsync(cancellationToken);
                break;
            case Happening.Kill:
                _replicas[one].Kill();
                await StartAsync(1, cancellationToken);
                await RemoveAsync(1, one);
                break;
            case Happening.ScaleUp:
                await StartAsync(Scaled - _replicas.Count, cancellationToken);
                break;
            case Happening.ScaleDown:
                await EndAsync(_replicas.Count - 1, cancellationToken);
                break;
            case Happening.Rollout:
                (_image, _revision) = (next, _revision + 1);
                var old = _replicas.Count;
                await StartAsync(old, cancellationToken);
                await EndAsync(old, cancellationToken);
                break;
            case Happening.BurstBegin:
                _replicas[one].BeginBurst(_random.Next());
                break;
            case Happening.BurstEnd:
                foreach (var replica in _replicas)
                {
                    await replica.EndBurstAsync();
                }

                break;
            case Happening.Stray:
                await _replicas[one].StrayAsync(_random, cancellationToken);
                break;
        }
    }

    private async Task StartAsync(int count, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            await starts.WaitAsync(cancellationToken);
            try
            {
                _replicas.Add(await Replica.StartAsync(node, definition, _image, definition.Name, seed + _started++, born: false, cancellationToken, _revision));
            }
            finally
            {
                starts.Release();
            }
        }
    }

    /// <summary>As the kubelet ends pods: what ends is asked first, and tidies up. A runtime that is told to remove a pod kills it.</summary>
    private async Task EndAsync(int count, CancellationToken cancellationToken)
    {
        foreach (var replica in _replicas.GetRange(0, count))
        {
            await replica.StopAsync(cancellationToken);
        }

        await RemoveAsync(count);
    }

    private async Task RemoveAsync(int count, int from = 0)
    {
        foreach (var replica in _replicas.GetRange(from, count))
        {
            _replicas.Remove(replica);
            await replica.DisposeAsync();
        }
    }
}
