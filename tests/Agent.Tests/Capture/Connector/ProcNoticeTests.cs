using System.Runtime.InteropServices;
using CsCheck;
using Runtime.Agent.Capture.Connector;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Connector;

public sealed class ProcNoticeTests
{
    [Fact]
    public void TryParse_Fork_TellsChildAndParent()
    {
        var datagram = Datagram(1, cpu: 3, sequence: 77, time: 5_000_000_001, 10, 11, 20, 21);
        Assert.True(ProcNotice.TryParse(datagram, out var notice));
        Assert.Equal(new(ProcNoticeKind.Fork, 3, 77, 5_000_000_001, 20, 21, 11, 0), notice);
    }

    [Fact]
    public void TryParse_ExecAndExit_TellProcessAndCode()
    {
        Assert.True(ProcNotice.TryParse(Datagram(2, 0, 1, 9, 30, 31), out var exec));
        Assert.Equal(new(ProcNoticeKind.Exec, 0, 1, 9, 30, 31, 0, 0), exec);
        Assert.True(ProcNotice.TryParse(Datagram(0x8000_0000, 0, 2, 9, 30, 31, 5 << 8, 17), out var exit));
        Assert.Equal(new(ProcNoticeKind.Exit, 0, 2, 9, 30, 31, 0, 5 << 8), exit);
    }

    [Fact]
    public void TryParse_OtherKind_IsCountedByItsNumber()
    {
        Assert.True(ProcNotice.TryParse(Datagram(0x200, 1, 8, 9), out var notice));
        Assert.Equal((8u, 1u, 0u), (notice.Sequence, notice.Processor, notice.ProcessId));
    }

    [Fact]
    public void TryParse_Cut_IsNone()
    {
        var whole = Datagram(1, 0, 0, 0, 1, 2, 3, 4);
        for (var length = 0; length < whole.Length; length++)
            Assert.False(ProcNotice.TryParse(whole.AsSpan(0, length), out _));
        var shorter = Datagram(1, 0, 0, 0, 1, 2, 3);
        Assert.False(ProcNotice.TryParse(shorter, out _));
        var foreign = Datagram(2, 0, 0, 0, 1, 2);
        foreign[16] = 9;
        Assert.False(ProcNotice.TryParse(foreign, out _));
    }

    [Fact]
    public void TryParse_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 120].Sample(bytes => !ProcNotice.TryParse(bytes, out _) || bytes.Length >= 52, iter: 100_000, threads: 1);

    [Fact]
    public void Request_Listen_IsWhatTheKernelWants()
    {
        // nlmsghdr 40, NLMSG_DONE; cn_msg 1, 1, 0, 0, len 4; PROC_CN_MCAST_LISTEN
        var words = MemoryMarshal.Cast<byte, uint>(ProcNotice.Request(1)).ToArray();
        Assert.Equal([40u, 3, 0, 0, 1, 1, 0, 0, 4, 1], words);
    }

    private static byte[] Datagram(uint what, uint cpu, uint sequence, ulong time, params uint[] facts)
    {
        var length = 16 + 20 + 16 + (facts.Length * 4);
        uint[] words = [(uint)length, 3, 0, 0, 1, 1, sequence, 0, (uint)(length - 36), what, cpu, (uint)time, (uint)(time >> 32), .. facts];
        return MemoryMarshal.AsBytes<uint>(words).ToArray();
    }
}
