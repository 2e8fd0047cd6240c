using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Managed;

/// <summary>Takes events of the runtime's own provider. The span is valid only inside the call.</summary>
internal interface IRuntimeEvents
{
    /// <param name="id">As Microsoft-Windows-DotNETRuntime numbers its events.</param>
    void OnEvent(int id, ReadOnlySpan<byte> payload);
}

/// <summary>Takes the events out of blocks. One stream, one thread.</summary>
/// <remarks>
/// A block: u16 length of its header (with itself), u16 flags (1: short heads), two times; then one event after the other. A short head
/// names only what differs from the event before it in the block:
/// <code>
/// CF            flags: 1 metadata id, 2 thread and sequence number, 4 thread, 8 stack, 16 and 32 activities, 64 sorted, 128 payload's length
/// 01            metadata id
/// 00 C208 FFFFFFFF0F   sequence numbers between the last one's and its own; thread that captured; processor (0xFFFFFFFF: unknown)
/// C208          thread
/// 01            stack
/// D9A5AAC095C207       time above the last one's
/// EE01          payload's length, then the payload
/// </code>
/// Numbers are LEB128. What an event is says the metadata of its id, itself an event: u32 id, name of the provider in UTF-16 with its
/// closing 0, u32 event id, and more that is not looked at.
/// </remarks>
internal sealed class NettraceEvents(IRuntimeEvents events) : INettraceBlocks
{
    private const int MaxKinds = 1024, MaxThreads = 4096, HeaderBytes = 4;
    private const string Provider = "Microsoft-Windows-DotNETRuntime";

    // Event ids by metadata id, of our provider. Bounded by MaxKinds; the loader keyword has seven.
    private readonly Dictionary<uint, int> _kinds = [];

    // Number of the last event by the thread that captured it; a thread's first is 1. Bounded by MaxThreads: all are forgotten when it is full.
    private readonly Dictionary<ulong, uint> _sequences = [];

    // A thread that is met for the first time may have been forgotten: its first number says nothing any more.
    private bool _hasForgotten;

    /// <summary>Events that the runtime had no room for.</summary>
    public ulong Dropped { get; private set; }

    public void OnMetadata(ReadOnlySpan<byte> block)
    {
        for (var cursor = Open(block); TryNext(ref cursor);)
            AddKind(cursor.Payload);
    }

    public void OnEvents(ReadOnlySpan<byte> block)
    {
        for (var cursor = Open(block); TryNext(ref cursor);)
        {
            Count(cursor.Thread, cursor.Sequence);
            if (_kinds.TryGetValue(cursor.Metadata & 0x7FFF_FFFF, out var id))
                events.OnEvent(id, cursor.Payload);
        }
    }

    private static Cursor Open(ReadOnlySpan<byte> block)
    {
        if (block.Length < HeaderBytes)
            throw new InvalidDataException($"a block has {block.Length} bytes");
        var header = BinaryPrimitives.ReadUInt16LittleEndian(block);
        if (header < HeaderBytes || header > block.Length)
            throw new InvalidDataException($"a block's header has {header} bytes");
        if ((BinaryPrimitives.ReadUInt16LittleEndian(block[2..]) & 1) == 0)
            throw new InvalidDataException("a block without short heads");
        return new() { Rest = block[header..] };
    }

    private static bool TryNext(ref Cursor cursor)
    {
        if (cursor.Rest.IsEmpty)
            return false;
        var flags = cursor.Rest[0];
        cursor.Rest = cursor.Rest[1..];
        if ((flags & 1) != 0)
            cursor.Metadata = (uint)Number(ref cursor.Rest);
        if ((flags & 2) != 0)
        {
            cursor.Sequence += (uint)Number(ref cursor.Rest) + 1;
            cursor.Thread = Number(ref cursor.Rest);
            Number(ref cursor.Rest);
        }
        else if (cursor.Metadata != 0)
        {
            cursor.Sequence++;
        }
        if ((flags & 4) != 0)
            Number(ref cursor.Rest);
        if ((flags & 8) != 0)
            Number(ref cursor.Rest);
        Number(ref cursor.Rest);
        Skip(ref cursor.Rest, (flags & 16) != 0 ? 16 : 0);
        Skip(ref cursor.Rest, (flags & 32) != 0 ? 16 : 0);
        if ((flags & 128) != 0)
            cursor.PayloadBytes = (uint)Number(ref cursor.Rest);
        if (cursor.PayloadBytes > cursor.Rest.Length)
            throw new InvalidDataException($"an event has {cursor.PayloadBytes} bytes, its block holds {cursor.Rest.Length}");
        cursor.Payload = cursor.Rest[..(int)cursor.PayloadBytes];
        cursor.Rest = cursor.Rest[(int)cursor.PayloadBytes..];
        return true;
    }

    private void AddKind(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadText(payload);
        if (!reader.TryUInt32(out var metadata) || !reader.TryText(out var provider) || !reader.TryUInt32(out var id))
            throw new InvalidDataException("metadata is cut short");
        if (!provider.SequenceEqual(MemoryMarshal.AsBytes(Provider.AsSpan())))
            return;
        if (_kinds.Count >= MaxKinds && !_kinds.ContainsKey(metadata))
            throw new InvalidDataException($"more than {MaxKinds} kinds of events");
        _kinds[metadata] = (int)id;
    }

    private void Count(ulong thread, uint sequence)
    {
        if (_sequences.TryGetValue(thread, out var last) || !_hasForgotten)
        {
            var gap = unchecked(sequence - last - 1);
            // Backwards is no loss.
            if (gap < int.MaxValue)
                Dropped += gap;
        }
        if (_sequences.Count >= MaxThreads && !_sequences.ContainsKey(thread))
        {
            _sequences.Clear();
            _hasForgotten = true;
        }
        _sequences[thread] = sequence;
    }

    private static ulong Number(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (var i = 0; i < 10; i++)
        {
            if (i >= rest.Length)
                break;
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] >= 0x80)
                continue;
            rest = rest[(i + 1)..];
            return value;
        }
        throw new InvalidDataException("a number has no end");
    }

    private static void Skip(ref ReadOnlySpan<byte> rest, int bytes)
    {
        if (rest.Length < bytes)
            throw new InvalidDataException("an event's head is cut short");
        rest = rest[bytes..];
    }

    private ref struct Cursor
    {
        public ReadOnlySpan<byte> Rest, Payload;
        public uint Metadata, Sequence, PayloadBytes;
        public ulong Thread;
    }
}
