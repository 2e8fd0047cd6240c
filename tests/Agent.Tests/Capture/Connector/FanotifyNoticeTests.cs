using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using Runtime.Agent.Capture.Connector;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Connector;

public sealed class FanotifyNoticeTests
{
    [Fact]
    public void TryTake_TwoNotices_TellsBothAndEnds()
    {
        byte[] bytes = [.. Notice(0x8, 5, 100), .. Notice(0x1000_0000, -1, 101, [.. Name(10, 7, "old"), .. Name(12, 8, "new name")])];
        var rest = new ReadOnlySpan<byte>(bytes);

        Assert.True(FanotifyNotice.TryTake(ref rest, out var first));
        Assert.Equal((FanotifyMask.CloseWrite, 5, 100u, 0), (first.Mask, first.Descriptor, first.Pid, first.Information.Length));
        Assert.True(FanotifyNotice.TryTake(ref rest, out var second));
        Assert.Equal((FanotifyMask.Rename, -1, 101u), (second.Mask, second.Descriptor, second.Pid));
        Assert.False(FanotifyNotice.TryTake(ref rest, out _));

        var records = second.Information;
        Assert.True(FanotifyName.TryTake(ref records, out var old));
        Assert.Equal((FanotifyName.Place.Old, 7ul, "old", 16), (old.Where, old.FileSystem, Encoding.UTF8.GetString(old.Name), old.Handle.Length));
        Assert.True(FanotifyName.TryTake(ref records, out var now));
        Assert.Equal((FanotifyName.Place.New, 8ul, "new name"), (now.Where, now.FileSystem, Encoding.UTF8.GetString(now.Name)));
        Assert.False(FanotifyName.TryTake(ref records, out _));
    }

    [Fact]
    public void TryTake_RecordOfAnotherKind_IsPassedOver()
    {
        byte[] bytes = [4, 0, 8, 0, 1, 2, 3, 4, .. Name(2, 1, "n")];
        var rest = new ReadOnlySpan<byte>(bytes);
        Assert.True(FanotifyName.TryTake(ref rest, out var other));
        Assert.Equal(FanotifyName.Place.Unknown, other.Where);
        Assert.True(FanotifyName.TryTake(ref rest, out var name));
        Assert.Equal(FanotifyName.Place.Here, name.Where);
    }

    [Fact]
    public void TryTake_AnyBytes_NeverThrowsAndEnds() =>
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                // A version that fits, so that more than the first look is reached.
                if (bytes.Length > 7)
                    (bytes[1], bytes[2], bytes[3], bytes[4], bytes[6], bytes[7]) = (0, 0, 0, 3, 24, 0);
                var rest = new ReadOnlySpan<byte>(bytes);
                while (FanotifyNotice.TryTake(ref rest, out var notice))
                {
                    var records = notice.Information;
                    while (FanotifyName.TryTake(ref records, out var name))
                        Assert.True(name.Handle.Length <= 136);
                }
            },
            iter: 100_000,
            threads: 1);

    private static byte[] Notice(ulong mask, int descriptor, int pid, byte[]? records = null)
    {
        var bytes = new byte[24 + (records?.Length ?? 0)];
        MemoryMarshal.Write(bytes, (uint)bytes.Length);
        bytes[4] = 3;
        MemoryMarshal.Write(bytes.AsSpan(6), (ushort)24);
        MemoryMarshal.Write(bytes.AsSpan(8), mask);
        MemoryMarshal.Write(bytes.AsSpan(16), descriptor);
        MemoryMarshal.Write(bytes.AsSpan(20), pid);
        records?.CopyTo(bytes, 24);
        return bytes;
    }

    // A handle of 8 bytes, the name with its NUL, padded to 4.
    private static byte[] Name(byte kind, ulong fileSystem, string name)
    {
        var bytes = new byte[(4 + 8 + 8 + 8 + name.Length + 1 + 3) & ~3];
        bytes[0] = kind;
        MemoryMarshal.Write(bytes.AsSpan(2), (ushort)bytes.Length);
        MemoryMarshal.Write(bytes.AsSpan(4), fileSystem);
        MemoryMarshal.Write(bytes.AsSpan(12), 8u);
        Encoding.UTF8.GetBytes(name).CopyTo(bytes, 28);
        return bytes;
    }
}
