using System.Diagnostics;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture;

/// <summary>Kernel events of this machine: programs attached, ring read, records decoded.</summary>
internal sealed class BpfEventSource : IKernelEventSource
{
    /// <summary>The longest that a record waits for its reader, and that the sink waits for its idle call: under the contract's 50.</summary>
    private const int WaitMilliseconds = 20;

    /// <summary>Drained between two looks at the clock.</summary>
    private const ulong SliceBytes = 512 * 1024;

    private readonly BpfPrograms _programs;
    private readonly RingReader _ring;
    private readonly BpfCounters _counters;
    private readonly RecordDecoder _decoder;
    private readonly Delivery _delivery;
    private readonly OpenRepeatTables _repeats;
    private readonly FlowProgress _flows;
    private readonly RoundingScan _rounding;

    private BpfEventSource(CaptureOptions options, SensitivePaths sensitivePaths, BpfPrograms programs)
    {
        _programs = programs;
        _ring = new RingReader(programs.Map("events"), options.RingBytes);
        _counters = new BpfCounters(programs);
        _decoder = new RecordDecoder(sensitivePaths);
        _delivery = new Delivery(_decoder);
        _repeats = new OpenRepeatTables(programs, options.RepeatInterval);
        _flows = new FlowProgress(programs.Link(FlowProgress.Program), options.FlowInterval);
        _rounding = new RoundingScan(programs.Link(RoundingScan.Program), options.RoundingInterval);
    }

    public IReadOnlyList<HookState> Hooks => _programs.Hooks;

    /// <summary>Gets every record before it is decoded, on the capture thread; for recordings. Set before <see cref="Run"/>.</summary>
    public IRawRecordSink? Tee { get; init; }

    /// <summary>What keeps it at work in the kernel, for the next image of this process.</summary>
    public LoadedPrograms Describe() => _programs.Describe();

    /// <summary>Loads and attaches; events gather in the ring from here on.</summary>
    /// <exception cref="BpfException">No program can run here; the message says what is missing.</exception>
    public static BpfEventSource Start(CaptureOptions options, IRawRecordSink? tee = null) =>
        Start(options, BpfPrograms.EmbeddedObject(), tee);

    /// <summary>Over programs that an earlier image of this process loaded with the same options.</summary>
    public static BpfEventSource Adopt(CaptureOptions options, LoadedPrograms loaded, IRawRecordSink? tee = null) =>
        Make(options, new SensitivePaths(options.SensitivePaths), BpfPrograms.Adopt(loaded), tee);

    internal static BpfEventSource Start(CaptureOptions options, byte[] elf, IRawRecordSink? tee = null)
    {
        if (options.Faults().FirstOrDefault() is { } fault) throw new ArgumentException(fault, nameof(options));
        var sensitivePaths = new SensitivePaths(options.SensitivePaths);
        return Make(options, sensitivePaths, BpfPrograms.Start(elf, options, sensitivePaths, (uint)Environment.ProcessId), tee);
    }

    private static BpfEventSource Make(CaptureOptions options, SensitivePaths sensitivePaths, BpfPrograms programs, IRawRecordSink? tee)
    {
        try
        {
            return new BpfEventSource(options, sensitivePaths, programs) { Tee = tee };
        }
        catch
        {
            programs.Dispose();
            throw;
        }
    }

    public void Run(IKernelEventSink sink, CancellationToken cancellationToken)
    {
        _delivery.Sink = sink;
        _delivery.Tee = Tee;
        var idleAt = Stopwatch.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            var records = _ring.Drain(_delivery, SliceBytes);
            if (records == 0 || Stopwatch.GetElapsedTime(idleAt).TotalMilliseconds >= WaitMilliseconds)
            {
                sink.OnIdle();
                idleAt = Stopwatch.GetTimestamp();
            }

            _repeats.TurnIfDue(_delivery);
            _flows.Step(_delivery);
            _rounding.Step(_delivery);
            if (records == 0) _ring.Wait(WaitMilliseconds);
        }

        _repeats.Finish(_delivery);
        _flows.Finish(_delivery);
    }

    public IReadOnlyList<CaptureLoss> TakeLosses()
    {
        var losses = new List<CaptureLoss>();
        _counters.TakeLosses(losses);
        _delivery.TakeUndecodable(losses);
        return losses;
    }

    public IReadOnlyDictionary<string, ulong> Counters()
    {
        var counters = new Dictionary<string, ulong>();
        foreach (var (hook, descriptor) in _programs.Descriptors)
        {
            var read = _counters.Read(hook);
            counters[$"capture.{hook.Name}.seen"] = read.Seen;
            counters[$"capture.{hook.Name}.sent"] = read.Sent;
            counters[$"capture.{hook.Name}.filtered"] = read.Filtered;
            counters[$"capture.{hook.Name}.no_space"] = read.NoSpace;
            counters[$"capture.{hook.Name}.read_failed"] = read.ReadFailed;
            counters[$"capture.{hook.Name}.no_entry"] = read.NoEntry;
            counters[$"capture.{hook.Name}.repeated"] = read.Repeated;
            if (BpfProgramInfo.Read(descriptor) is not { } info) continue;
            counters[$"capture.{hook.Name}.recursion_misses"] = info.RecursionMisses;
            counters[$"capture.{hook.Name}.runs"] = info.RunCount;
            counters[$"capture.{hook.Name}.run_time_ns"] = info.RunTimeNs;
        }

        foreach (var (kind, delivered, undecodable) in _delivery.Counts())
        {
            counters[$"capture.{kind}.delivered"] = delivered;
            counters[$"capture.{kind}.undecodable"] = undecodable;
        }

        (counters["capture.counted_opens"], counters["capture.counted_repeats"]) = _repeats.Counts;
        counters["capture.flow_rounds_failed"] = _flows.Failed;
        counters["capture.rounding_samples_failed"] = _rounding.Failed;
        counters["capture.sensitive.filtered"] = _decoder.SensitiveFiltered;
        return counters;
    }

    public void Dispose()
    {
        _rounding.Dispose();
        _flows.Dispose();
        _ring.Dispose();
        _programs.Dispose();
    }

    /// <summary>Ring record → recording → decoder → sink, counted by kind. Written by the capture thread alone.</summary>
    private sealed class Delivery(RecordDecoder decoder) : IRawRecordSink
    {
        private static readonly EventKind[] Kinds = Enum.GetValues<EventKind>();

        // By EventKind's number.
        private readonly ulong[] _delivered = new ulong[64], _undecodable = new ulong[64], _told = new ulong[64];

        public IKernelEventSink Sink { get; set; } = null!;
        public IRawRecordSink? Tee { get; set; }

        public void OnRecord(ReadOnlySpan<byte> record)
        {
            Tee?.OnRecord(record);
            var counts = decoder.TryDecode(record, Sink) ? _delivered : _undecodable;
            counts[(int)RecordDecoder.KindOf(record)]++;
        }

        public void TakeUndecodable(List<CaptureLoss> losses)
        {
            foreach (var kind in Kinds)
            {
                var count = _undecodable[(int)kind] - _told[(int)kind];
                if (count == 0) continue;
                losses.Add(new CaptureLoss(null, kind, "undecodable", count));
                _told[(int)kind] += count;
            }
        }

        /// <summary>Any thread: each number is read whole, the set is not one moment.</summary>
        public IEnumerable<(string Kind, ulong Delivered, ulong Undecodable)> Counts() =>
            Kinds.Select(k => (k.ToString().ToLowerInvariant(), Volatile.Read(ref _delivered[(int)k]), Volatile.Read(ref _undecodable[(int)k])));
    }
}
