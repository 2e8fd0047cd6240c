using System.Buffers.Binary;

namespace Runtime.Agent.Tests.Binaries;

/// <summary>A 64-bit little-endian ELF file of one header, its program headers, code and an optional section table.</summary>
internal sealed class ElfBuilder
{
    private const int CodeAt = 1024;

    public ushort Type { get; init; } = 3;
    public bool HasInterpreter { get; init; } = true;
    public bool HasSections { get; init; } = true;
    public byte[] Code { get; init; } = [];
    public string Mark { get; init; } = "";

    public byte[] Build()
    {
        var file = new byte[CodeAt + Code.Length + (HasSections ? 64 : 0)];
        var span = file.AsSpan();
        "\x7f"u8.CopyTo(span);
        "ELF"u8.CopyTo(span[1..]);
        (file[4], file[5], file[6]) = (2, 1, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(span[16..], Type);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], 64);
        BinaryPrimitives.WriteUInt64LittleEndian(span[40..], HasSections ? (ulong)(CodeAt + Code.Length) : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(span[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(span[56..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(span[58..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(span[60..], (ushort)(HasSections ? 1 : 0));
        Segment(span[64..], 1, 5, CodeAt, (ulong)Code.Length);
        Segment(span[120..], HasInterpreter ? 3u : 6u, 4, 64, 16);
        global::System.Text.Encoding.ASCII.GetBytes(Mark).CopyTo(span[200..]);
        Code.CopyTo(span[CodeAt..]);
        return file;
    }

    private static void Segment(Span<byte> at, uint type, uint flags, ulong offset, ulong size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(at, type);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(at[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], size);
    }
}
