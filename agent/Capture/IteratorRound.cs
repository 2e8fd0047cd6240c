using Runtime.Agent.Interop;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture;

/// <summary>
/// One run of a program over all entries of a map, or over all threads, read in pieces: the program runs while it is read. Capture thread only.
/// </summary>
/// <param name="link">Of the program; -1 where this kernel does not take it.</param>
internal sealed unsafe class IteratorRound(int link) : IDisposable
{
    /// <summary>The kernel hands out at most eight pages at a time (BPF_ITER_SEQ_BUF_SIZE of kernel/bpf/bpf_iter.c).</summary>
    private const int PieceBytes = 32 * 1024;

    private readonly byte[] _piece = link < 0 ? [] : new byte[PieceBytes];
    private int _round = -1;
    private ulong _failed;

    /// <summary>There is a program to run.</summary>
    public bool IsThere => link >= 0;

    /// <summary>Not at its end yet.</summary>
    public bool IsOpen => _round >= 0;

    /// <summary>Rounds that the kernel did not begin, or broke off. Any thread.</summary>
    public ulong Failed => Volatile.Read(ref _failed);

    public void Begin()
    {
        Dispose();
        _round = LibBpf.bpf_iter_create(link);
        if (_round < 0)
            _failed++;
    }

    /// <summary>The next records, in the order of the entries. Whole ones only: a program writes each in one piece.</summary>
    /// <returns>Until the next call. Empty at the end, which ends the round, and after a million entries without a record, which does not.</returns>
    public ReadOnlySpan<byte> Read()
    {
        long length;
        fixed (byte* piece = _piece)
            length = read(_round, piece, PieceBytes);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return [];
        if (length < 0)
            _failed++;
        if (length <= 0)
            Dispose();
        return _piece.AsSpan(0, (int)Math.Max(0, length));
    }

    /// <summary>Ends the round; another may begin.</summary>
    public void Dispose()
    {
        if (_round >= 0)
            _ = close(_round);
        _round = -1;
    }
}
