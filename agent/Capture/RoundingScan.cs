using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Runtime.Agent.Interop;
using static Tmds.Linux.LibC;

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
internal sealed unsafe class RoundingScan(int link, TimeSpan interval)
{
    public const string Program = "on_rounding";

    /// <summary>Of threads that do not round as usual. By chance, 0.2 % of them would miss none of the three ways and still be fewer.</summary>
    private const int Enough = 6;

    /// <summary>By then who rounds in all ways was seen to, but for one in a million.</summary>
    private const int GivenUpAfter = 64;
    private const int MaxProcesses = 1024;
    private const int PieceBytes = 32 * 1024;
    private const int AllWays = 0b1110;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);

    // What was seen of a process: bit N for the way N, and in how many samples. Bounded by MaxProcesses: then all are forgotten, and begin anew.
    private readonly Dictionary<(uint Pid, ulong StartBootNs), (int Ways, int Samples)> _seen = [];
    private readonly byte[] _piece = link < 0 ? [] : new byte[PieceBytes];
    private long _sampledAt = Stopwatch.GetTimestamp();
    private bool _isSuspicious;
    private ulong _failed;

    /// <summary>Samples that the kernel broke off. Any thread.</summary>
    public ulong Failed => Volatile.Read(ref _failed);

    /// <summary>Takes a sample when it is due.</summary>
    public void Step(IRawRecordSink sink)
    {
        var wait = _isSuspicious && Quick < interval ? Quick : interval;
        if (link >= 0 && interval > TimeSpan.Zero && Stopwatch.GetElapsedTime(_sampledAt) >= wait)
            Sample(sink);
    }

    private void Sample(IRawRecordSink sink)
    {
        _sampledAt = Stopwatch.GetTimestamp();
        _isSuspicious = false;
        var round = LibBpf.bpf_iter_create(link);
        if (round < 0)
        {
            _failed++;
            return;
        }
        long length;
        fixed (byte* piece = _piece)
        {
            while ((length = read(round, piece, PieceBytes)) > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR)))
            {
                for (var at = 0; at + Unsafe.SizeOf<PrivilegeLayout>() <= length; at += Unsafe.SizeOf<PrivilegeLayout>())
                    Take(_piece.AsSpan(at, Unsafe.SizeOf<PrivilegeLayout>()), sink);
            }
        }
        _failed += length < 0 ? 1u : 0;
        _ = close(round);
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
