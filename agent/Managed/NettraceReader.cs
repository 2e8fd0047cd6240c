using System.Buffers.Binary;

namespace Runtime.Agent.Managed;

/// <summary>Takes the blocks of a trace that hold events. The span is valid only inside the call.</summary>
internal interface INettraceBlocks
{
    void OnMetadata(ReadOnlySpan<byte> block);
    void OnEvents(ReadOnlySpan<byte> block);
}

/// <summary>Cuts a nettrace stream (version 4, what runtimes since .NET Core 3.0 send) into its blocks. One stream, one thread.</summary>
/// <remarks>
/// The other side is a process of a container: every length is checked, nothing of it is kept beyond <see cref="MaxBlock"/>.
/// github.com/microsoft/perfview: documentation/TraceEvent/EventPipeFormat.md. A stream as it came:
/// <code>
/// "Nettrace" 14000000 "!FastSerialization.1"
/// 05 05 01 04000000 04000000 05000000 "Trace" 06  (48 bytes: clocks, pointer size, pid, processors)  06
/// 05 05 01 02000000 02000000 0D000000 "MetadataBlock" 06  4A010000 (0 to 3 bytes up to a multiple of 4 from the beginning) (block)  06
/// 05 05 01 02000000 02000000 0A000000 "StackBlock" 06  0C000000 …  06
/// 05 05 01 02000000 02000000 0A000000 "EventBlock" 06  3A1D0000 …  06
/// 01                                               the end
/// </code>
/// Tags: 1 null, 5 begin of an object, 6 its end. Blocks of other names (SPBlock: sequence points) are passed over.
/// </remarks>
internal sealed class NettraceReader(INettraceBlocks blocks)
{
    /// <summary>The runtime fills blocks up to 100 KiB, and one event holds at most 64 KiB.</summary>
    public const int MaxBlock = 256 * 1024;

    private const int MaxName = 32, TraceBytes = 48, InitialBuffer = 4096, KeptBuffer = 32 * 1024;
    private const byte Null = 1, Begin = 5, End = 6;

    private static ReadOnlySpan<byte> Preamble => "Nettrace\x14\0\0\0!FastSerialization.1"u8;

    private byte[] _buffer = new byte[InitialBuffer];
    private int _start, _length;

    // Of the stream, of the byte at _start.
    private long _position;
    private Part _part;
    private Block _block;
    private int _blockBytes;

    private enum Part : byte { Preamble, Object, Size, Body, Ended }

    private enum Block : byte { Other, Trace, Metadata, Events }

    /// <summary>The stream ended as it should.</summary>
    public bool IsComplete => _part == Part.Ended;

    /// <exception cref="InvalidDataException">It is no such stream; the reader is of no use any more.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            // A block at a time, however much comes at once.
            var taken = Math.Min(bytes.Length, KeptBuffer);
            Append(bytes[..taken]);
            bytes = bytes[taken..];
            while (TryStep())
            {
            }
        }
        if (_length == 0 && _buffer.Length > KeptBuffer)
            (_buffer, _start) = (new byte[InitialBuffer], 0);
    }

    private ReadOnlySpan<byte> Waiting => _buffer.AsSpan(_start, _length);

    private bool TryStep() => _part switch
    {
        Part.Preamble => TryPreamble(),
        Part.Object => TryObject(),
        Part.Size => TrySize(),
        Part.Body => TryBody(),
        _ => _length == 0 ? false : throw new InvalidDataException("bytes after the end of the trace"),
    };

    private bool TryPreamble()
    {
        if (_length < Preamble.Length)
            return false;
        if (!Waiting.StartsWith(Preamble))
            throw new InvalidDataException("no nettrace stream");
        Take(Preamble.Length);
        _part = Part.Object;
        return true;
    }

    private bool TryObject()
    {
        const int headBytes = 15;
        if (_length == 0)
            return false;
        if (Waiting[0] == Null)
        {
            Take(1);
            _part = Part.Ended;
            return true;
        }
        if (_length < headBytes)
            return false;
        if (!Waiting.StartsWith([Begin, Begin, Null]))
            throw new InvalidDataException($"an object begins with tag {Waiting[0]}");
        var nameBytes = BinaryPrimitives.ReadUInt32LittleEndian(Waiting[11..]);
        if (nameBytes is 0 or > MaxName)
            throw new InvalidDataException($"an object's name has {nameBytes} bytes");
        if (_length < headBytes + nameBytes + 1)
            return false;
        var name = Waiting.Slice(headBytes, (int)nameBytes);
        if (Waiting[headBytes + (int)nameBytes] != End)
            throw new InvalidDataException("an object's type has no end");
        _block = name.SequenceEqual("Trace"u8) ? Block.Trace
            : name.SequenceEqual("MetadataBlock"u8) ? Block.Metadata
            : name.SequenceEqual("EventBlock"u8) ? Block.Events
            : Block.Other;
        Take(headBytes + (int)nameBytes + 1);
        (_part, _blockBytes) = _block == Block.Trace ? (Part.Body, TraceBytes) : (Part.Size, 0);
        return true;
    }

    private bool TrySize()
    {
        if (_length < 4)
            return false;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(Waiting);
        if (size > MaxBlock)
            throw new InvalidDataException($"a block has {size} bytes, at most {MaxBlock} are taken");
        var padding = (int)(-(_position + 4) & 3);
        if (_length < 4 + padding)
            return false;
        Take(4 + padding);
        (_part, _blockBytes) = (Part.Body, (int)size);
        return true;
    }

    private bool TryBody()
    {
        if (_length < _blockBytes + 1)
            return false;
        if (Waiting[_blockBytes] != End)
            throw new InvalidDataException("an object has no end");
        var body = Waiting[.._blockBytes];
        if (_block == Block.Metadata)
            blocks.OnMetadata(body);
        else if (_block == Block.Events)
            blocks.OnEvents(body);
        Take(_blockBytes + 1);
        _part = Part.Object;
        return true;
    }

    private void Take(int bytes)
    {
        _start += bytes;
        _length -= bytes;
        _position += bytes;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_start + _length + bytes.Length > _buffer.Length)
        {
            // Bounded by MaxBlock and what comes at once: a longer block was refused by its size.
            var target = _length + bytes.Length > _buffer.Length ? new byte[Math.Max(_buffer.Length * 2, _length + bytes.Length)] : _buffer;
            Waiting.CopyTo(target);
            (_buffer, _start) = (target, 0);
        }
        bytes.CopyTo(_buffer.AsSpan(_start + _length));
        _length += bytes.Length;
    }
}
