using Runtime.Agent.Capture;

namespace Runtime.Agent.Recording;

/// <summary>The records of a recording, as if the kernel wrote them: through the same decoder, as fast as the sink takes them.</summary>
internal sealed class ReplaySource(RecordingReader recording, SensitivePaths sensitivePaths) : IKernelEventSource
{
    /// <summary>Time passes by the events; so often the sink may look at it.</summary>
    private const int RecordsBetweenIdle = 64;

    private readonly RecordDecoder _decoder = new(sensitivePaths);
    private ulong _delivered, _undecodable, _told;

    public IReadOnlyList<HookState> Hooks => [];

    public void Run(IKernelEventSink sink, CancellationToken cancellationToken)
    {
        foreach (var record in recording.ReadRecords())
        {
            if (cancellationToken.IsCancellationRequested)
                return;
            if (_decoder.TryDecode(record.Span, sink))
                _delivered++;
            else
                _undecodable++;
            if ((_delivered + _undecodable) % RecordsBetweenIdle == 0)
                sink.OnIdle();
        }
        sink.OnIdle();
    }

    public IReadOnlyList<CaptureLoss> TakeLosses()
    {
        if (_told == _undecodable)
            return [];
        var count = _undecodable - _told;
        _told = _undecodable;
        return [new CaptureLoss(null, EventKind.Unknown, "undecodable", count)];
    }

    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["replay.delivered"] = _delivered,
        ["replay.undecodable"] = _undecodable,
    };

    public void Dispose() => recording.Dispose();
}
