namespace Runtime.Agent.Managed;

/// <param name="Name">Simple name, UTF-8.</param>
/// <param name="Path">UTF-8; empty when it came from no file.</param>
internal readonly record struct AssemblyLoad(ManagedOperation Operation, byte[] Name, byte[] Path);

/// <summary>Makes one fact of the two events that the runtime's loader tells of an assembly: its name, and where its module came from.</summary>
/// <remarks>
/// ClrEtwAll.man, keyword Loader (0x8):
/// AssemblyLoad, 154: u64 assembly, u64 domain, u64 binding, u32 flags (2: dynamic), full name, u16 instance of the runtime.
/// ModuleLoad, 152: u64 module, u64 assembly, u32 flags (4: dynamic), u32 reserved, path of the IL, …
/// The path of an assembly from bytes is its name alone ("Hidden.Payload"), or nothing. They come in either order.
/// </remarks>
internal sealed class AssemblyLoads(Action<AssemblyLoad> loaded) : IRuntimeEvents
{
    public const int MaxNameBytes = 1024, MaxPathBytes = 4096;

    private const int ModuleLoad = 152, Assembly = 154;
    private const uint DynamicAssembly = 2, DynamicModule = 4;
    private const int MaxHalves = 256;

    // Assemblies of which one event came and not yet the other, by id. Bounded by MaxHalves: the oldest goes out as far as it is known.
    private readonly Dictionary<ulong, Half> _halves = [];
    private readonly Queue<ulong> _order = new();

    /// <summary>Payloads that were shorter than their fields.</summary>
    public ulong Malformed { get; private set; }

    public void OnEvent(int id, ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadText(payload);
        if (id == Assembly)
        {
            if (reader.TryUInt64(out var assembly) && reader.TryUInt64(out _) && reader.TryUInt64(out _) && reader.TryUInt32(out var flags) && reader.TryText(out var name))
                Join(assembly, new(SimpleName(PayloadText.ToUtf8(name, MaxNameBytes)), null, (flags & DynamicAssembly) != 0));
            else
                Malformed++;
        }
        else if (id == ModuleLoad)
        {
            if (reader.TryUInt64(out _) && reader.TryUInt64(out var assembly) && reader.TryUInt32(out var flags) && reader.TryUInt32(out _) && reader.TryText(out var path))
                Join(assembly, new(null, PayloadText.ToUtf8(path, MaxPathBytes), (flags & DynamicModule) != 0));
            else
                Malformed++;
        }
    }

    /// <summary>Tells what only one half came of: the stream ended.</summary>
    public void Finish()
    {
        while (_order.TryDequeue(out var id))
        {
            if (_halves.Remove(id, out var half))
                Tell(half);
        }
    }

    private void Join(ulong assembly, Half half)
    {
        // Two of a kind are two assemblies: the first one was unloaded, and its address came again.
        if (_halves.Remove(assembly, out var other) && (other.Name is null) != (half.Name is null))
        {
            Tell(new(half.Name ?? other.Name, half.Path ?? other.Path, half.Dynamic || other.Dynamic));
            return;
        }
        if (other.Name is not null || other.Path is not null)
            Tell(other);
        _halves[assembly] = half;
        _order.Enqueue(assembly);
        while (_order.Count > MaxHalves)
        {
            if (_halves.Remove(_order.Dequeue(), out var oldest))
                Tell(oldest);
        }
    }

    private void Tell(Half half)
    {
        // Without its module nobody knows where it came from: the watch began between the two.
        if (half.Path is null && !half.Dynamic)
            return;
        var path = half.Path ?? [];
        var isFile = path.Contains((byte)'/');
        var operation = half.Dynamic ? ManagedOperation.AssemblyEmitted : isFile ? ManagedOperation.AssemblyFile : ManagedOperation.AssemblyMemory;
        loaded(new(operation, half.Name ?? (isFile ? NameOfFile(path) : path), isFile ? path : []));
    }

    /// <summary>"/app/Shop.Web.dll" to "Shop.Web".</summary>
    public static byte[] NameOfFile(ReadOnlySpan<byte> path)
    {
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        var dot = name.LastIndexOf((byte)'.');
        name = dot > 0 ? name[..dot] : name;
        return name[..Math.Min(name.Length, MaxNameBytes)].ToArray();
    }

    /// <summary>"Shop.Web, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null" to "Shop.Web"; a comma of the name itself is "\,".</summary>
    private static byte[] SimpleName(byte[] fullName)
    {
        for (var i = 0; i < fullName.Length; i++)
        {
            if (fullName[i] == '\\')
                i++;
            else if (fullName[i] == ',')
                return fullName[..i];
        }
        return fullName;
    }

    private readonly record struct Half(byte[]? Name, byte[]? Path, bool Dynamic);
}
