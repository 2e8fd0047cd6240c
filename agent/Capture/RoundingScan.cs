using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Capture;

/// <summary>
/// Which processes round floating point in all ways in turn, as RandomX does: samples of all threads (rounding.bpf.c), of which a process is told once. Capture thread only.
/// </summary>
/// <remarks>
/// A library for interval arithmetic rounds up and down by turns, and others set one way and leave it: only who was seen in all three ways that are not the
/// default, in <see cref="Enough"/> samples, is told. The first sight of any makes the next samples come quicker, for a while.
/// </remarks>
/// <param name="link">Of the program; -1 where this kernel does not take it.</param>
/// <param name="interval">Between two samples; zero: never.</param>
internal sealed class RoundingScan(int link, TimeSpan interval) : IDisposable
{
    public const string Program = "on_rounding";

    /// <summary>Samples of threads that do not round as usual. Three in four who round by chance show all three ways in so many.</summary>
    private const int Enough = 6;

    /// <summary>Who rounds by chance has shown all three ways by then, but for one in 10^10.</summary>
    private const int GivenUpAfter = 64;
    private const int MaxProcesses = 1024;
    private const int AllWays = 0b1110;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);

    // What was seen of a process: bit N for the way N, and in how many samples. Bounded by MaxProcesses: then all are forgotten, and begin anew.
    private readonly Dictionary<(uint Pid, ulong StartBootNs), (int Ways, int Samples)> _seen = [];
    private readonly IteratorRound _round = new(link);
    private long _sampledAt = Stopwatch.GetTimestamp();
    private bool _isSuspicious;

    /// <summary>Samples that the kernel broke off. Any thread.</summary>
    public ulong Failed => _round.Failed;

    /// <summary>Takes a sample when it is due.</summary>
    public void Step(IRawRecordSink sink)
    {
        var wait = _isSuspicious && Quick < interval ? Quick : interval;
        if (_round.IsThere && interval > TimeSpan.Zero && Stopwatch.GetElapsedTime(_sampledAt) >= wait)
            Sample(sink);
    }

    public void Dispose() => _round.Dispose();

    private void Sample(IRawRecordSink sink)
    {
        _sampledAt = Stopwatch.GetTimestamp();
        _isSuspicious = false;
        for (_round.Begin(); _round.IsOpen;)
        {
            var records = _round.Read();
            for (var at = 0; at + Unsafe.SizeOf<PrivilegeLayout>() <= records.Length; at += Unsafe.SizeOf<PrivilegeLayout>())
                Take(records.Slice(at, Unsafe.SizeOf<PrivilegeLayout>()), sink);
        }
    }

    internal void Take(ReadOnlySpan<byte> record, IRawRecordSink sink)
    {
        var sight = MemoryMarshal.Read<PrivilegeLayout>(record);
        var process = (sight.Header.Pid, sight.Header.StartBootNs);
        if (_seen.Count >= MaxProcesses && !_seen.ContainsKey(process))
            _seen.Clear();
        var (ways, samples) = _seen.GetValueOrDefault(process);
        if (samples >= GivenUpAfter)
            return;
        (ways, samples) = (ways | 1 << (int)sight.Value, samples + 1);
        var isTold = ways == AllWays && samples >= Enough;
        _seen[process] = (ways, isTold ? GivenUpAfter : samples);
        _isSuspicious |= !isTold;
        if (isTold)
            sink.OnRecord(record);
    }
}
