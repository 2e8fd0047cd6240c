using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Runtime.Agent.Streaming;

namespace Runtime.Agent.Binaries;

/// <summary>Questions and reports on their way to the other nodes, and the answers on their way back. Filled and emptied by the binaries' thread on one side and the stream on the other.</summary>
/// <remarks>Nothing here is kept for long or sent again: who gets no answer reads the file, and who missed a report asks or reads.</remarks>
internal sealed class SharedHashes(TimeProvider time)
{
    /// <summary>How long a file waits for the other nodes' answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>After its start an agent meets every program of the node, and its stream first: so long the stream is awaited.</summary>
    private static readonly TimeSpan FirstConnection = TimeSpan.FromSeconds(5);

    /// <summary>In one message; the wire's rule.</summary>
    public const int MaxTogether = 256;

    /// <summary>Answers that nobody took yet: as many as may have been asked for.</summary>
    public const int MaxWaiting = 256;

    private const int MaxOutgoing = 1024;

    private readonly long _started = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Wakeup _wakeup = new();

    // Bounded by MaxOutgoing; what is new is left out, and the node that asks reads itself.
    private readonly Queue<SharedNote> _outgoing = new();

    // Bounded by MaxWaiting.
    private readonly ConcurrentQueue<SharedAnswer> _answers = new();

    // Null before the first connection.
    private bool? _isOpen;
    private ulong _reported, _dropped;

    /// <summary>Called when answers came or the stream was lost; must not wait.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>Somebody answers, or may yet.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
                return _isOpen ?? time.GetElapsedTime(_started) < FirstConnection;
        }
    }

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters()
    {
        lock (_lock)
            return new Dictionary<string, ulong> { ["hashes.reported"] = _reported, ["hashes.not_reported"] = _dropped };
    }

    /// <returns>False when nobody is there to answer.</returns>
    public bool TryAsk(SharedFile file, ulong question) => IsOpen && TryPost(new(file, question, []));

    public void Report(SharedFile file, byte[] sha256)
    {
        var isPosted = IsOpen && TryPost(new(file, 0, sha256));
        lock (_lock)
            (isPosted ? ref _reported : ref _dropped)++;
    }

    public bool TryTake([NotNullWhen(true)] out SharedAnswer? answer) => _answers.TryDequeue(out answer);

    /// <summary>The stream stands.</summary>
    /// <param name="isAnswered">What the collector says.</param>
    public void Open(bool isAnswered)
    {
        lock (_lock)
        {
            _isOpen = isAnswered;
            if (!isAnswered)
                _outgoing.Clear();
        }
        if (!isAnswered)
            Changed();
    }

    /// <summary>The stream is lost; nobody answers what was asked over it.</summary>
    public void Close()
    {
        lock (_lock)
        {
            // Not before the first connection, which is still awaited.
            if (_isOpen is null)
                return;
            _isOpen = false;
            _outgoing.Clear();
        }
        Changed();
    }

    public void Answer(IEnumerable<SharedAnswer> answers)
    {
        foreach (var answer in answers)
        {
            if (_answers.Count < MaxWaiting)
                _answers.Enqueue(answer);
        }
        Changed();
    }

    /// <summary>The oldest of what is to be sent; at least one, at most <see cref="MaxTogether"/>.</summary>
    public async Task<IReadOnlyList<SharedNote>> TakeOutgoingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var taken = new List<SharedNote>();
            lock (_lock)
            {
                while (taken.Count < MaxTogether && _outgoing.TryDequeue(out var note))
                    taken.Add(note);
            }
            if (taken.Count > 0)
                return taken;
            await _wakeup.WaitAsync(cancellationToken);
        }
    }

    private bool TryPost(SharedNote note)
    {
        lock (_lock)
        {
            if (_outgoing.Count >= MaxOutgoing)
                return false;
            _outgoing.Enqueue(note);
        }
        _wakeup.Set();
        return true;
    }
}
