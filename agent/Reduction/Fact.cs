using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

/// <summary>
/// One behaviour that leaves the node: its first sight (<see cref="Count"/> 1), or the repeats since the last report.
/// </summary>
internal abstract record Fact
{
    public required ProcessRecord Process { get; init; }

    /// <summary>Null for the host's own processes.</summary>
    public required ContainerRecord? Container { get; init; }

    /// <summary>Wall clock, Unix nanoseconds.</summary>
    public required long FirstUnixNs { get; init; }
    public required long LastUnixNs { get; init; }
    public ulong Count { get; init; } = 1;

    /// <summary>First sight of its key: passes every rate limit and is never dropped before a repeat.</summary>
    public bool IsNew { get; init; }
}

internal sealed record ExecFact : Fact;

/// <summary>Sent only for processes whose exec was sent as new.</summary>
internal sealed record ExitFact : Fact
{
    public byte Code { get; init; }
    public byte Signal { get; init; }
    public ulong RunTimeNs { get; init; }
}

internal sealed record FileFact : Fact
{
    public required FileOperation Operation { get; init; }
    public required byte[] Path { get; init; }

    /// <summary><see cref="Path"/> with its varying parts typed.</summary>
    public required byte[] Template { get; init; }
    public byte[] OtherPath { get; init; } = [];
    public FileFlags Flags { get; init; }
    public ushort Mode { get; init; }
    public ulong Inode { get; init; }
    public uint Device { get; init; }
}

internal sealed record NetworkFact : Fact
{
    public required NetworkOperation Operation { get; init; }
    public byte Protocol { get; init; }

    /// <summary>4 or 16 bytes in network order; empty when not known.</summary>
    public byte[] LocalAddress { get; init; } = [];
    public byte[] RemoteAddress { get; init; } = [];
    public ushort LocalPort { get; init; }
    public ushort RemotePort { get; init; }
    public ushort Error { get; init; }
    public ulong BytesSent { get; init; }
    public ulong BytesReceived { get; init; }
    public ulong DurationNs { get; init; }

    /// <summary>"stratum", "tls", "http", "ssh", "other"; empty unless the operation is FirstBytes.</summary>
    public string Payload { get; init; } = "";

    /// <summary>The question of a NameQuery, the path of a UnixConnect, else the name by which the peer was reached; empty when not known.</summary>
    public byte[] Name { get; init; } = [];
    public NetworkFlags Flags { get; init; }
}

/// <summary>Facts that were seen and are gone. A fact in the stream itself, not only a metric.</summary>
/// <param name="Kind">"process", "file", "network", "privilege", "managed".</param>
/// <param name="Reason">"ring_full", "queue_full", "recursion", "undecodable", "keys_full".</param>
internal sealed record LossFact(ContainerRecord? Container, bool Host, string Kind, string Reason, ulong Count, long FirstUnixNs, long LastUnixNs);

/// <summary>Where facts leave for: the queue towards the collector, or the printer of <c>agent trace</c>.</summary>
/// <remarks>Called on the capture thread; must not block. What it cannot take it counts itself.</remarks>
internal interface IFactSink
{
    void Post(Fact fact);
    void Post(LossFact loss);

    /// <summary>Metadata of a container that facts went out without: the receiver repairs what it has.</summary>
    void Post(ContainerRecord container);
}
