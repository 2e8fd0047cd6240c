using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Runtime.Agent.Capture;

/// <summary>
/// What connections that live long have moved, read from the kernel side's own table once an interval (flow.bpf.c). Capture thread only.
/// </summary>
/// <remarks>A table of 131,072 connections is read in pieces, one a call, so that the ring never waits for all of it.</remarks>
/// <param name="link">Of the program; -1 where this kernel does not take it.</param>
/// <param name="interval">Between two rounds, and the age from which a connection is told; zero: never.</param>
internal sealed class FlowProgress(int link, TimeSpan interval) : IDisposable
{
    public const string Program = "on_flow_progress";

    private readonly IteratorRound _round = new(link);
    private long _begunAt = Stopwatch.GetTimestamp();

    /// <summary>Rounds that the kernel broke off: their connections are told by the next. Any thread.</summary>
    public ulong Failed => _round.Failed;

    private bool IsOn => _round.IsThere && interval > TimeSpan.Zero;

    /// <summary>Begins a round that is due, or reads one piece of the one under way.</summary>
    public void Step(IRawRecordSink sink)
    {
        if (!_round.IsOpen && IsOn && Stopwatch.GetElapsedTime(_begunAt) >= interval)
            Begin();
        if (_round.IsOpen)
            Read(sink);
    }

    /// <summary>One round to its end.</summary>
    public void Finish(IRawRecordSink sink)
    {
        if (!IsOn)
            return;
        Begin();
        while (_round.IsOpen)
            Read(sink);
    }

    public void Dispose() => _round.Dispose();

    private void Begin()
    {
        _begunAt = Stopwatch.GetTimestamp();
        _round.Begin();
    }

    private void Read(IRawRecordSink sink)
    {
        var records = _round.Read();
        for (var at = 0; at + Unsafe.SizeOf<NetworkLayout>() <= records.Length; at += Unsafe.SizeOf<NetworkLayout>())
            sink.OnRecord(records.Slice(at, Unsafe.SizeOf<NetworkLayout>()));
    }
}
