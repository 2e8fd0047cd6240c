using System.Diagnostics;
using System.Runtime.CompilerServices;
using Runtime.Agent.Interop;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture;

/// <summary>
/// What connections that live long have moved, read from the kernel side's own table once an interval (flow.bpf.c). Capture thread only.
/// </summary>
/// <remarks>A table of 131,072 connections is read in pieces, one a call, so that the ring never waits for all of it.</remarks>
/// <param name="link">Of the program; -1 where this kernel does not take it.</param>
/// <param name="interval">Between two rounds, and the age from which a connection is told; zero: never.</param>
internal sealed unsafe class FlowProgress(int link, TimeSpan interval) : IDisposable
{
    public const string Program = "on_flow_progress";

    /// <summary>The kernel hands out at most eight pages at a time (BPF_ITER_SEQ_BUF_SIZE of kernel/bpf/bpf_iter.c).</summary>
    private const int PieceBytes = 32 * 1024;

    private readonly byte[] _piece = link < 0 ? [] : new byte[PieceBytes];
    private int _round = -1;
    private long _begunAt = Stopwatch.GetTimestamp();
    private ulong _failed;

    /// <summary>Rounds that the kernel broke off: their connections are told by the next. Any thread.</summary>
    public ulong Failed => Volatile.Read(ref _failed);

    /// <summary>Begins a round that is due, or reads one piece of the one under way.</summary>
    public void Step(IRawRecordSink sink)
    {
        if (_round < 0 && (link < 0 || interval == TimeSpan.Zero || Stopwatch.GetElapsedTime(_begunAt) < interval))
            return;
        if (_round < 0)
            Begin();
        if (_round >= 0)
            Read(sink);
    }

    /// <summary>One round to its end.</summary>
    public void Finish(IRawRecordSink sink)
    {
        if (link < 0 || interval == TimeSpan.Zero)
            return;
        End();
        Begin();
        while (_round >= 0)
            Read(sink);
    }

    public void Dispose() => End();

    private void Begin()
    {
        _begunAt = Stopwatch.GetTimestamp();
        _round = LibBpf.bpf_iter_create(link);
        if (_round < 0)
            _failed++;
    }

    private void Read(IRawRecordSink sink)
    {
        long length;
        fixed (byte* piece = _piece)
            length = read(_round, piece, PieceBytes);
        // EAGAIN: a million entries without one to tell.
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (length < 0)
            _failed++;
        if (length <= 0)
            End();
        // Whole records only: the program writes each in one piece.
        for (var at = 0; at + Unsafe.SizeOf<NetworkLayout>() <= length; at += Unsafe.SizeOf<NetworkLayout>())
            sink.OnRecord(_piece.AsSpan(at, Unsafe.SizeOf<NetworkLayout>()));
    }

    private void End()
    {
        if (_round >= 0)
            _ = close(_round);
        _round = -1;
    }
}
