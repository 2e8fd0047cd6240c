using System.Buffers.Binary;
using System.IO.Hashing;
using Runtime.Agent.Streaming;

namespace Runtime.Agent.Names;

/// <summary>By which names each container reached which addresses, from the answers to its own questions. Capture thread only.</summary>
/// <remarks>
/// An answer counts for a question that was seen on its socket: same server, id, name and type. The time of a name is CLOCK_BOOTTIME;
/// it is kept for its time to live, and at least <see cref="Floor"/> after its last use, as connections outlive it.
/// </remarks>
internal sealed class NameTable
{
    /// <summary>Names of one container before they are told by their domain only: random labels would be a behaviour each.</summary>
    public const int MaxDistinct = 256;

    private const int MaxContainers = 4096, MaxAddresses = 1024, MaxQuestions = 4096;
    private const ulong Second = 1_000_000_000;
    private const ulong Floor = 600 * Second, Ceiling = 86_400 * Second;

    // Bounded by MaxContainers; the one that was used longest ago leaves.
    private readonly Dictionary<string, Container> _containers = new(StringComparer.Ordinal);

    // Bounded by MaxQuestions; the oldest leaves, answered or not.
    private readonly Dictionary<UInt128, ulong> _questions = [];
    private readonly Queue<(UInt128 Key, ulong Number)> _order = new();
    private readonly XxHash128 _hash = new(Random.Shared.NextInt64());

    private ulong _number;
    private ulong _asked, _answered, _unasked, _malformed, _folded, _evicted;

    // By ServerName.
    private readonly ulong[] _hellos = new ulong[4];

    /// <summary>A question left.</summary>
    /// <param name="container">Empty for the host.</param>
    public void Ask(string container, uint socket, ReadOnlySpan<byte> server, DnsMessage message)
    {
        _asked++;
        var key = KeyOf(container, socket, server, message);
        _questions[key] = ++_number;
        _order.Enqueue((key, _number));
        if (_order.Count > MaxQuestions)
        {
            var (oldest, number) = _order.Dequeue();
            if (_questions.TryGetValue(oldest, out var known) && known == number)
                _questions.Remove(oldest);
        }
    }

    /// <summary>An answer came; one that was not asked for changes nothing.</summary>
    public void Answer(string container, uint socket, ReadOnlySpan<byte> server, DnsMessage message, ulong nowBootNs)
    {
        if (!_questions.Remove(KeyOf(container, socket, server, message)))
        {
            _unasked++;
            return;
        }
        _answered++;
        if (message.Count == 0 || message.Name.IsEmpty)
            return;
        var names = Of(container, nowBootNs);
        var name = message.Name.ToArray();
        var until = nowBootNs + Math.Clamp(message.Seconds * Second, Floor, Ceiling);
        for (var i = 0; i < message.Count; i++)
        {
            var address = message.Address(i).ToArray();
            if (names.Addresses.Count >= MaxAddresses && !names.Addresses.ContainsKey(address))
            {
                names.Addresses.Remove(names.Addresses.MinBy(known => known.Value.UntilBootNs).Key);
                _evicted++;
            }
            names.Addresses[address] = new Entry(name, until);
        }
    }

    /// <returns>Empty when this container was not told of the address.</returns>
    public byte[] Find(string container, ReadOnlySpan<byte> address, ulong nowBootNs)
    {
        if (address.IsEmpty || !_containers.TryGetValue(container, out var names))
            return [];
        var key = address.ToArray();
        if (!names.Addresses.TryGetValue(key, out var entry))
            return [];
        if (entry.UntilBootNs < nowBootNs)
        {
            names.Addresses.Remove(key);
            return [];
        }
        names.UsedBootNs = nowBootNs;
        names.Addresses[key] = entry with { UntilBootNs = Math.Max(entry.UntilBootNs, nowBootNs + Floor) };
        return entry.Name;
    }

    /// <summary>The name as it is told: itself, or "*.example.com" once the container asked for too many.</summary>
    public byte[] Fold(string container, byte[] name, ulong nowBootNs)
    {
        if (name.Length == 0)
            return name;
        var names = Of(container, nowBootNs);
        if (names.Distinct.Contains(name))
            return name;
        if (names.Distinct.Count < MaxDistinct)
        {
            names.Distinct.Add(name);
            return name;
        }
        _folded++;
        return [.. "*."u8, .. Domain(name)];
    }

    /// <summary>The message could not be read.</summary>
    public void Malformed() => _malformed++;

    /// <summary>A TLS hello to an address without a name was read.</summary>
    public void Hello(ServerName told) => _hellos[(int)told]++;

    /// <summary>By name since start.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Counters() =>
    [
        new("names.asked", _asked),
        new("names.answered", _answered),
        new("names.not_asked", _unasked),
        new("names.malformed", _malformed),
        new("names.folded", _folded),
        new("names.evicted", _evicted),
        new("names.sni_found", _hellos[(int)ServerName.Found]),
        new("names.sni_absent", _hellos[(int)ServerName.None]),
        new("names.sni_cut", _hellos[(int)ServerName.Cut]),
        new("names.sni_malformed", _hellos[(int)ServerName.Malformed]),
    ];

    /// <summary>The last two labels, or three where the last but one is short as in "co.uk". An approximation of what can be registered.</summary>
    public static ReadOnlySpan<byte> Domain(ReadOnlySpan<byte> name)
    {
        var top = name.LastIndexOf((byte)'.');
        if (top <= 0)
            return name;
        var second = name[..top].LastIndexOf((byte)'.');
        if (second <= 0)
            return name;
        if (top - second - 1 > 3 || name.Length - top - 1 != 2)
            return name[(second + 1)..];
        return name[(name[..second].LastIndexOf((byte)'.') + 1)..];
    }

    private Container Of(string container, ulong nowBootNs)
    {
        if (!_containers.TryGetValue(container, out var names))
        {
            if (_containers.Count >= MaxContainers)
            {
                _containers.Remove(_containers.MinBy(known => known.Value.UsedBootNs).Key);
                _evicted++;
            }
            _containers.Add(container, names = new Container());
        }
        names.UsedBootNs = nowBootNs;
        return names;
    }

    private UInt128 KeyOf(string container, uint socket, ReadOnlySpan<byte> server, DnsMessage message)
    {
        Span<byte> numbers = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(numbers, socket);
        BinaryPrimitives.WriteUInt16LittleEndian(numbers[4..], message.Id);
        BinaryPrimitives.WriteUInt16LittleEndian(numbers[6..], message.Type);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[8..], server.Length);
        _hash.Append(numbers);
        _hash.Append(server);
        _hash.Append(message.Name);
        _hash.Append(global::System.Runtime.InteropServices.MemoryMarshal.AsBytes(container.AsSpan()));
        var key = _hash.GetCurrentHashAsUInt128();
        _hash.Reset();
        return key;
    }

    private readonly record struct Entry(byte[] Name, ulong UntilBootNs);

    private sealed class Container
    {
        // Bounded by MaxAddresses; the one that ends first leaves.
        public Dictionary<byte[], Entry> Addresses { get; } = new(ByteContent.Comparer);

        // Bounded by MaxDistinct: names told whole.
        public HashSet<byte[]> Distinct { get; } = new(ByteContent.Comparer);
        public ulong UsedBootNs { get; set; }
    }
}
