using System.Net;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Tests;

/// <summary>
/// Makes observations of one scope the way agents report them: ids grow, processes keep their lineage. A process that is made is not yet told of;
/// <see cref="Exec"/> tells of it.
/// </summary>
internal sealed class ObservationBuilder(Scope scope)
{
    public static readonly DateTimeOffset Epoch = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);
    public static readonly Scope Web = new("test", "shop", "Deployment", "web", "web");
    public static readonly Scope Host = new("test", "", Scope.HostKind, "node1", "");

    private long _id;
    private uint _pid = 100;

    public ObservationBuilder()
        : this(Web)
    {
    }

    /// <summary>Time of the next observation.</summary>
    public DateTimeOffset Now { get; set; } = Epoch;
    public string AgentId { get; set; } = "agent-1";
    public string Node { get; set; } = "node1";
    public long LastId => _id;

    public static ContainerInfo Container(string id, string pod, string digest = "sha256:aaaa") =>
        new(id, "containerd", "web", pod, "shop", "uid-" + pod, "docker.io/library/nginx:1.27", digest, "10.1.2.3", Epoch, Complete: true);

    /// <param name="parent">Lineage of the parent, the parent first; empty for a container's first process.</param>
    /// <returns>The process first.</returns>
    public IReadOnlyList<ProcessInfo> Process(
        string binary, IReadOnlyList<ProcessInfo>? parent = null, Phase phase = Phase.Steady, ProcessFlags flags = ProcessFlags.None,
        string script = "", params string[] arguments)
    {
        var pid = _pid++;
        var process = new ProcessInfo(
            pid, pid * 1000UL, binary, arguments.Length > 0 ? arguments : [binary], "/", script, 0, 0, 0, uint.MaxValue, flags, phase, Now);
        return [process, .. parent ?? []];
    }

    public ExecObservation Exec(ContainerInfo? container, IReadOnlyList<ProcessInfo> lineage) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = container, First = Now, Last = Now, Lineage = lineage,
    };

    public ExitObservation Exit(ContainerInfo? container, IReadOnlyList<ProcessInfo> lineage) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = container, First = Now, Last = Now, Lineage = lineage,
    };

    public FileObservation File(
        ContainerInfo? container, IReadOnlyList<ProcessInfo> lineage, string path, FileOperation operation = FileOperation.Create, string template = "",
        FileFlags flags = FileFlags.None) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = container, First = Now, Last = Now, Lineage = lineage,
        Operation = operation, Path = path, Template = template.Length > 0 ? template : path, Flags = flags,
    };

    public NetworkObservation Connect(
        ContainerInfo? container, IReadOnlyList<ProcessInfo> lineage, string address, int port, int protocol = 6, int error = 0) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = container, First = Now, Last = Now, Lineage = lineage,
        Operation = protocol == 17 ? NetworkOperation.UdpPeer : NetworkOperation.Connect, Protocol = protocol,
        RemoteAddress = IPAddress.Parse(address), RemotePort = port, Error = error,
    };

    public NetworkObservation FirstBytes(ContainerInfo? container, IReadOnlyList<ProcessInfo> lineage, string address, int port, string payload) =>
        Connect(container, lineage, address, port) with { Operation = NetworkOperation.FirstBytes, Payload = payload };

    public NetworkObservation Listen(ContainerInfo? container, IReadOnlyList<ProcessInfo> lineage, string address, int port) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = container, First = Now, Last = Now, Lineage = lineage,
        Operation = NetworkOperation.Listen, Protocol = 6, LocalAddress = IPAddress.Parse(address), LocalPort = port,
    };

    /// <param name="busiest">Lineage of the busiest process; its ancestors are left out, as agents do.</param>
    public ResourceObservation Resources(ContainerInfo? container, IReadOnlyList<ProcessInfo> busiest, IReadOnlyList<ResourceSample> samples) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = container, First = samples[0].Time - samples[0].Interval, Last = samples[^1].Time,
        Count = (ulong)samples.Count, Lineage = [.. busiest.Take(1)], Samples = samples,
    };

    /// <summary>A loss from <see cref="Now"/> for <paramref name="span"/>.</summary>
    public LossObservation Loss(string kind = "process", TimeSpan span = default) => new()
    {
        Id = ++_id, Scope = scope, AgentId = AgentId, Node = Node, Container = null, First = Now, Last = Now + span, Lineage = [],
        Kind = kind, Reason = "ring_full",
    };
}
