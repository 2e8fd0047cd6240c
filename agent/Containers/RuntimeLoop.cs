using System.Collections.Immutable;
using System.Threading.Channels;

namespace Runtime.Agent.Containers;

internal enum AnswerOutcome : byte
{
    Found,
    NotKnown,
    /// <summary>The runtime did not answer: it may know it.</summary>
    Failed,
}

/// <param name="Client">Index of the client.</param>
/// <param name="Details">Null unless found.</param>
internal sealed record RuntimeAnswer(int Client, string Id, AnswerOutcome Outcome, ContainerDetails? Details);

/// <summary>Asks one runtime for what is wanted, again and again with growing pauses, until it is no longer wanted.</summary>
internal sealed class RuntimeLoop(
    IRuntimeClient client, int index, ContainerOptions options, TimeProvider time,
    Func<ImmutableArray<WantedContainer>> wanted, ChannelWriter<RuntimeAnswer> answers, Action<string> log) : IDisposable
{
    // One token is enough: it says "look again".
    private readonly Channel<bool> _poke = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // Bounded by what is wanted: what is wanted no longer is dropped in each round.
    private readonly Dictionary<string, Pause> _pauses = new(StringComparer.Ordinal);
    private bool _faultLogged;

    public string Name => client.Name;
    public ulong Calls { get; private set; }
    public ulong Failures { get; private set; }

    /// <summary>Answers that found no room; they are asked for again.</summary>
    public ulong Dropped { get; private set; }

    public void Poke() => _poke.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await RoundAsync(cancellationToken);
                await WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The stop that was asked for.
        }
    }

    public void Dispose() => client.Dispose();

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        var all = wanted();
        if (_pauses.Count > 0)
        {
            var names = all.Select(w => w.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in _pauses.Keys.Where(id => !names.Contains(id)).ToArray())
                _pauses.Remove(gone);
        }
        var now = time.GetTimestamp();
        var due = all.Where(w => !_pauses.TryGetValue(w.Id, out var pause) || time.GetElapsedTime(pause.Since, now) >= pause.Length).ToArray();
        if (due.Length == 0)
            return;

        var found = new Dictionary<string, ContainerDetails>(StringComparer.Ordinal);
        var missing = AnswerOutcome.NotKnown;
        if (client.IsPresent)
        {
            Calls++;
            try
            {
                foreach (var (asked, details) in Pair(due, await client.FindAsync(due, cancellationToken)))
                    found[asked] = details;
                if (_faultLogged)
                    log($"{client.Name}: answers again");
                _faultLogged = false;
            }
            // The border of this loop: whatever a runtime's answer breaks, the next round asks again.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Failures++;
                missing = AnswerOutcome.Failed;
                if (!_faultLogged)
                    log($"{client.Name}: {e.Message}; containers of this runtime stay without metadata, asked again with pauses up to {options.RetryMaximum.TotalSeconds:0} s");
                _faultLogged = true;
            }
        }
        foreach (var container in due)
        {
            var details = found.GetValueOrDefault(container.Id);
            if (!answers.TryWrite(new(index, container.Id, details is null ? missing : AnswerOutcome.Found, details)))
                Dropped++;
            var last = _pauses.TryGetValue(container.Id, out var pause) ? pause.Length : TimeSpan.Zero;
            _pauses[container.Id] = new(time.GetTimestamp(), last == TimeSpan.Zero ? options.RetryMinimum : Min(last * 2, options.RetryMaximum));
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = options.RetryMaximum;
        foreach (var pause in _pauses.Values)
            wait = Min(wait, pause.Length - time.GetElapsedTime(pause.Since));
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var poked = _poke.Reader.WaitToReadAsync(done.Token).AsTask();
        var slept = Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), time, done.Token);
        await Task.WhenAny(poked, slept);
        await done.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        _poke.Reader.TryRead(out _);
    }

    /// <summary>An answer under another id than asked for belongs to the one in whose path that id stands.</summary>
    private static IEnumerable<(string Asked, ContainerDetails Details)> Pair(WantedContainer[] due, IReadOnlyList<ContainerDetails> found)
    {
        foreach (var details in found)
        {
            foreach (var container in due)
            {
                if (container.Id == details.Id || container.CgroupPath.Split('/').Contains(details.Id, StringComparer.Ordinal))
                    yield return (container.Id, details);
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private readonly record struct Pause(long Since, TimeSpan Length);
}
