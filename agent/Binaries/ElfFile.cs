using System.Buffers.Binary;

namespace Runtime.Agent.Binaries;

/// <summary>Reads a file's bytes at an offset.</summary>
/// <returns>Bytes read: fewer than asked for at the end of the file, and when it cannot be read.</returns>
internal delegate int ReadAt(long offset, Span<byte> target);

/// <summary>What an ELF file's headers tell of how it was made. A container chose every byte of it.</summary>
/// <remarks>
/// ELF-64, little endian, /usr/bin/true of Debian 12 (System V ABI chapters 4 and 5):
/// <code>
/// 00  7f 45 4c 46 02 01 01 00  magic, class 2 = 64 bit, data 1 = little endian, version, OS
/// 10  03 00 3e 00 01 00 00 00  type 3 = shared or position independent, machine 62 = x86-64
/// 20  40 00 00 00 00 00 00 00  program headers at 64     28  section headers at 0x8a18
/// 34  40 00 38 00 0d 00 40 00  header 64 bytes, program header 56 bytes each, 13 of them, section header 64 bytes each
/// 3c  1f 00 1e 00              31 sections, names in section 30
/// 40  06 00 00 00 04 00 00 00  first program header: type 6 PT_PHDR, flags R; offset, address, size in file, size in memory follow
/// </code>
/// Odd cases: 0 sections with an offset means that the number stands in section 0 (more than 65 279 of them); a stripped file
/// keeps its section table, one that was packed or edited by hand often has none or one that lies behind the file's end; the
/// kernel runs a file with sections of any nonsense, and refuses more than 64 KiB of program headers.
/// </remarks>
internal static class ElfFile
{
    private const int HeaderBytes = 64, MaxTableBytes = 64 * 1024;
    private const uint Load = 1, Interpreter = 3, Executable = 1;
    private const ushort TypeExecutable = 2, TypeShared = 3;

    /// <summary>Where a packer of the UPX family leaves its mark: behind the program headers.</summary>
    private const int MarkBytes = 1024;

    /// <summary>One sample of 4 KiB from each of up to 16 places of the code.</summary>
    private const int SampleBytes = 4096, MaxSamples = 16;

    /// <summary>Bits a byte. Machine code of compilers lies at 5.5 to 6.7 (DECISIONS.md), compressed or encrypted bytes above 7.8.</summary>
    private const double PackedEntropy = 7.3;

    /// <param name="size">Of the file, bytes.</param>
    /// <param name="isLibrary">It was mapped by a program and not executed: none has a loader of its own.</param>
    public static BinaryTraits Inspect(ReadAt readAt, long size, bool isLibrary)
    {
        Span<byte> head = stackalloc byte[MarkBytes];
        head = head[..Math.Clamp(readAt(0, head), 0, head.Length)];
        if (!TryReadHeader(head, out var header))
            return BinaryTraits.NotElf;

        var traits = header.HasSections(size) ? BinaryTraits.None : BinaryTraits.NoSections;
        var tableBytes = (long)header.SegmentCount * header.SegmentBytes;
        var table = new byte[Math.Min(tableBytes, MaxTableBytes)];
        var read = header.SegmentOffset > (ulong)long.MaxValue ? 0 : Math.Clamp(readAt((long)header.SegmentOffset, table), 0, table.Length);
        var segments = header.Segments(table.AsSpan(0, read));
        if (!isLibrary && header.Type is TypeExecutable or TypeShared && !segments.Exists(s => s.Type == Interpreter))
            traits |= BinaryTraits.Static;
        if (head.IndexOf("UPX!"u8) >= 0 || Entropy(readAt, segments) >= PackedEntropy)
            traits |= BinaryTraits.Packed;
        return traits;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> head, out Header header)
    {
        header = default;
        if (head.Length < 52 || !head.StartsWith("\x7f"u8) || !head[1..].StartsWith("ELF"u8))
            return false;
        var (is64, isBig) = (head[4] == 2, head[5] == 2);
        if (head[4] is not (1 or 2) || head[5] is not (1 or 2) || (is64 && head.Length < HeaderBytes))
            return false;
        header = is64
            ? new(true, isBig, U16(head, 16, isBig), U64(head, 32, isBig), U64(head, 40, isBig), U16(head, 54, isBig), U16(head, 56, isBig), U16(head, 58, isBig), U16(head, 60, isBig))
            : new(false, isBig, U16(head, 16, isBig), U32(head, 28, isBig), U32(head, 32, isBig), U16(head, 42, isBig), U16(head, 44, isBig), U16(head, 46, isBig), U16(head, 48, isBig));
        return true;
    }

    /// <summary>Of the code alone: tables and resources that compress nothing are in many programs.</summary>
    /// <returns>Bits a byte; 0 when there is too little code to tell.</returns>
    private static double Entropy(ReadAt readAt, List<Segment> segments)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        Span<byte> sample = stackalloc byte[SampleBytes];
        var total = 0;
        foreach (var code in segments)
        {
            if (code.Type != Load || (code.Flags & Executable) == 0 || code.FileSize < SampleBytes || code.Offset > long.MaxValue || code.FileSize > long.MaxValue - code.Offset)
                continue;
            var samples = (int)Math.Min(MaxSamples, code.FileSize / SampleBytes);
            var step = (code.FileSize - SampleBytes) / (ulong)Math.Max(1, samples - 1);
            for (var i = 0; i < samples; i++)
            {
                var got = Math.Clamp(readAt((long)(code.Offset + step * (ulong)i), sample), 0, sample.Length);
                foreach (var value in sample[..got])
                    counts[value]++;
                total += got;
            }
            // The first segment of code is where a packer's data lies; a file may name thousands.
            break;
        }
        if (total < SampleBytes)
            return 0;
        var entropy = 0.0;
        foreach (var count in counts)
        {
            if (count > 0)
                entropy -= (double)count / total * Math.Log2((double)count / total);
        }
        return entropy;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at, bool isBig) =>
        isBig ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at, bool isBig) =>
        isBig ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at, bool isBig) =>
        isBig ? BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private readonly record struct Segment(uint Type, uint Flags, ulong Offset, ulong FileSize);

    private readonly record struct Header(
        bool Is64, bool IsBig, ushort Type, ulong SegmentOffset, ulong SectionOffset, ushort SegmentBytes, ushort SegmentCount, ushort SectionBytes, ushort SectionCount)
    {
        public bool HasSections(long size)
        {
            var count = Math.Max(1, (int)SectionCount);
            var bytes = (ulong)count * SectionBytes;
            return SectionOffset != 0 && SectionBytes >= (Is64 ? 64 : 40) && SectionOffset <= (ulong)size && bytes <= (ulong)size - SectionOffset;
        }

        /// <returns>Those that lie in <paramref name="table"/> whole; none when an entry is shorter than it must be.</returns>
        public List<Segment> Segments(ReadOnlySpan<byte> table)
        {
            var segments = new List<Segment>();
            if (SegmentBytes < (Is64 ? 56 : 32))
                return segments;
            for (; table.Length >= SegmentBytes && segments.Count < SegmentCount; table = table[SegmentBytes..])
            {
                segments.Add(Is64
                    ? new(U32(table, 0, IsBig), U32(table, 4, IsBig), U64(table, 8, IsBig), U64(table, 32, IsBig))
                    : new(U32(table, 0, IsBig), U32(table, 24, IsBig), U32(table, 4, IsBig), U32(table, 16, IsBig)));
            }
            return segments;
        }
    }
}
