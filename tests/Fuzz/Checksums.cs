using System.Buffers.Binary;
using System.IO.Hashing;
using Runtime.Agent.Recording;

namespace Runtime.Fuzz;

/// <summary>Makes a recording's checksums right again: else no changed byte would get behind them, as whoever forges one does.</summary>
internal static class Checksums
{
    private const int FixedHeader = 24;

    public static byte[] Mend(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        if (bytes.Length < FixedHeader)
            return bytes;
        var at = Seal(bytes, 0, FixedHeader, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(FixedHeader - 4)));
        while (at + RecordingFormat.FrameHead <= bytes.Length)
            at = Seal(bytes, (int)at, RecordingFormat.FrameHead, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)at + 1)));
        return bytes;
    }

    /// <returns>Where the next part begins; behind the bytes when this one is cut.</returns>
    private static long Seal(byte[] bytes, int at, int head, long length)
    {
        var end = at + head + length;
        if (end + RecordingFormat.FrameTail <= bytes.Length)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)end), Crc32.HashToUInt32(bytes.AsSpan(at, (int)end - at)));
        return end + RecordingFormat.FrameTail;
    }
}
