using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

/// <summary>Makes the 128-bit keys by which behaviours of one container are told apart. Capture thread only.</summary>
/// <remarks>
/// XxHash128 is no cryptographic hash: the seed is random for each start of the agent, so that nobody in a container can
/// prepare two behaviours of one key. Every text is preceded by its length, so that no two texts run into each other.
/// </remarks>
internal sealed partial class BehaviourKey
{
    private const ProcessFlags FlagsOfExec = ProcessFlags.Memfd | ProcessFlags.Deleted | ProcessFlags.UpperLayer
        | ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket | ProcessFlags.StderrSocket | ProcessFlags.NetworkFacing
        // A known program whose variables could not all be looked through must not pass for its repeat.
        | ProcessFlags.LoaderVariablesTruncated
        // What ran at the start is state: the first exec that is seen must not count as its repeat.
        | ProcessFlags.AtStart;

    private readonly XxHash128 _hash = new(BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));

    private enum Family : byte { Exec = 1, File = 2, Network = 3, Arguments = 4, Privilege = 60, StandingSocket = 61, StandingMount = 62, Binary = 70, Running = 71, Managed = 80 }

    /// <summary>Parent binary > binary, script, phase, and the flags that make it another thing. Arguments are not part of it.</summary>
    public UInt128 OfExec(ProcessRecord process)
    {
        Begin(Family.Exec, process.Phase);
        // A program without arguments that reads from a pipe may be a shell that takes its commands from there.
        var piped = process.Arguments.Contains((byte)0) ? ProcessFlags.None : process.Flags & ProcessFlags.StdinPipe;
        Add((uint)((process.Flags & FlagsOfExec) | piped));
        Add(process.Parent?.Binary);
        Add(process.Binary);
        Add(process.Script);
        AddLoading(process);
        return End();
    }

    /// <summary>To tell argument sets of one exec key apart.</summary>
    public ulong OfArguments(ProcessRecord process)
    {
        Begin(Family.Arguments, process.Phase);
        Add(process.Arguments);
        return (ulong)End();
    }

    /// <param name="template">With the extension in it: typing never takes a known one away.</param>
    public UInt128 OfFile(ProcessRecord process, in FileEvent e, ReadOnlySpan<byte> template)
    {
        Begin(Family.File, process.Phase);
        Add(((uint)e.Operation << 8) | (uint)(e.Flags & (FileFlags.Executable | FileFlags.Refused)));
        Add(process.Binary);
        Add(template);
        switch (e.Operation)
        {
            case FileOperation.Xattr:
                Add(e.OtherPath);
                Add(e.Mode);
                break;
            case FileOperation.Attribute:
                Add(e.Mode);
                break;
            case FileOperation.MakeNode:
                Add(e.Device);
                break;
        }
        return End();
    }

    /// <summary>Of an outbound flow: peer and its port. Inbound: the own port, all peers as one.</summary>
    /// <param name="payload">Class of the first bytes; empty for other operations.</param>
    public UInt128 OfNetwork(ProcessRecord process, NetworkOperation operation, in NetworkEvent e, string payload, ReadOnlySpan<byte> name = default)
    {
        var inbound = operation is NetworkOperation.Listen or NetworkOperation.Accept;
        Begin(Family.Network, process.Phase);
        Add(((uint)operation << 24) | ((uint)e.Protocol << 16) | (inbound ? e.LocalPort : e.RemotePort));
        Add(e.Error);
        Add(process.Binary);
        // A listener on loopback is another thing than one for everybody.
        Add(operation == NetworkOperation.Accept ? default : inbound ? e.LocalAddress : e.RemoteAddress);
        Add(name);
        foreach (var letter in payload)
            Add(letter);
        return End();
    }

    /// <summary>Of a program that looks for peers, by its container too: two containers' scans are two.</summary>
    public UInt128 OfScan(ProcessRecord process)
    {
        Begin(Family.Network, process.Phase);
        Add((uint)NetworkOperation.Scan << 24);
        Add(process.Binary);
        foreach (var letter in process.ContainerId)
            Add(letter);
        return End();
    }

    /// <summary>Of a question to whatever server: two resolvers of one pod are one behaviour.</summary>
    public UInt128 OfQuestion(ProcessRecord process, ReadOnlySpan<byte> name, ushort type)
    {
        Begin(Family.Network, process.Phase);
        Add(((uint)NetworkOperation.NameQuery << 24) | type);
        Add(process.Binary);
        Add(name);
        return End();
    }

    private void Begin(Family family, Phase phase) => _hash.Append([(byte)family, (byte)phase]);

    private void Add(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _hash.Append(bytes);
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        Add((uint)text.Length);
        _hash.Append(text);
    }

    private UInt128 End()
    {
        var key = _hash.GetCurrentHashAsUInt128();
        _hash.Reset();
        return key;
    }
}
