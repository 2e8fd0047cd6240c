using System.Net;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Tests.Storage;

/// <summary>Records for tests, as an agent's batch would make them.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    public static readonly AgentIdentity Agent = new("agent-1", "epoch-1", "default", "node-1", "0.1.0", "boot", "6.1.0");
    public static readonly Scope Web = new("default", "shop", "Deployment", "web", "app");
    public static readonly Scope Api = new("default", "shop", "Deployment", "api", "app");

    public static readonly ContainerInfo WebContainer = new(
        new string('a', 64), "containerd", "app", "web-5d8f6c9b7f-x2x7k", "shop", "uid-1", "docker.io/library/nginx:1.25", "sha256:" + new string('1', 64), "10.0.0.7", Now.AddHours(-1), true)
    {
        PodLabels = new Dictionary<string, string> { ["pod-template-hash"] = "5d8f6c9b7f", ["app"] = "web" },
        CgroupPath = "/kubepods/besteffort/x",
    };

    public static ProcessInfo Process(string binary = "/usr/sbin/nginx", uint pid = 100, params string[] arguments) => new(
        pid, 1_000_000_000UL * pid, binary, [binary, .. arguments], "/", "", 101, 101, 101, uint.MaxValue, ProcessFlags.NetworkFacing, Phase.Steady, Now)
    {
        Inode = 42, Device = 7, Size = 4096, EffectiveCapabilities = 0xa80425fb, BinaryModified = Now.AddDays(-100),
    };

    public static ExecObservation Exec(string binary = "/usr/sbin/nginx", Scope? scope = null, DateTimeOffset? at = null, params string[] arguments) => new()
    {
        Scope = scope ?? Web, AgentId = Agent.AgentId, Node = Agent.Node, Container = WebContainer, First = at ?? Now, Last = at ?? Now,
        Lineage = [Process(binary, 101, arguments), Process()],
    };

    public static NetworkObservation Connect(string address = "203.0.113.9", int port = 443, Scope? scope = null) => new()
    {
        Scope = scope ?? Web, AgentId = Agent.AgentId, Node = Agent.Node, Container = WebContainer, First = Now, Last = Now.AddSeconds(5), Count = 3, Lineage = [Process()],
        Operation = NetworkOperation.Connect, Protocol = 6, LocalAddress = IPAddress.Parse("10.0.0.7"), LocalPort = 40000, RemoteAddress = IPAddress.Parse(address), RemotePort = port,
        Error = 111, BytesSent = 10, BytesReceived = 20, Duration = TimeSpan.FromMilliseconds(1500), Payload = "tls",
        Name = "api.example.com", Flags = NetworkFlags.NameFromSni,
    };

    public static FileObservation Write(string path = "/tmp/a.log") => new()
    {
        Scope = Web, AgentId = Agent.AgentId, Node = Agent.Node, Container = WebContainer, First = Now, Last = Now, Lineage = [Process()],
        Operation = FileOperation.Rename, Path = path, Template = "/tmp/<rand>.log", OtherPath = "/tmp/b", Flags = FileFlags.Executable | FileFlags.UpperLayer, Mode = 0x1ed, Inode = 9, Device = 3,
    };

    public static ExitObservation Exit() => new()
    {
        Scope = Web, AgentId = Agent.AgentId, Node = Agent.Node, Container = null, First = Now, Last = Now, Lineage = [Process()], Code = 1, Signal = 9, RunTime = TimeSpan.FromSeconds(3),
    };

    public static LossObservation Loss(Scope? scope = null) => new()
    {
        Scope = scope ?? Web, AgentId = Agent.AgentId, Node = Agent.Node, Container = null, First = Now, Last = Now, Count = 7, Lineage = [], Kind = "file", Reason = "ring_full",
    };

    public static SightObservation Sight() => new()
    {
        Scope = Web, AgentId = Agent.AgentId, Node = Agent.Node, Container = null, First = Now, Last = Now, Lineage = [Process()],
        Kind = "exec", IsBlind = true, Since = Now.AddSeconds(-25), Reason = "the kernel did not run hook exec",
    };

    public static DecodedBatch Batch(ulong sequence, params Observation[] observations) => new(
        sequence, observations, [.. observations.Where(observation => observation.Container is not null).Select(observation => new SeenContainer(observation.Container!, observation.Scope)).Distinct()], [], []);

    public static Deviation Deviation(string id, string incidentId, string scopeId, Severity severity = Severity.High) => new()
    {
        Id = id, ScopeId = scopeId, IncidentId = incidentId, Time = Now, LastSeen = Now, Kind = "exec", Key = "/tmp/xmrig", Title = "web ran /tmp/xmrig", Severity = severity,
        Evidence = [new Evidence("never seen", 50), new Evidence("upper layer", double.PositiveInfinity, "T1610")], EValue = 400, Node = "node-1", Container = WebContainer, Lineage = [Process("/tmp/xmrig")],
    };

    public static Incident Incident(string id, string scopeId, Severity severity = Severity.High, IncidentState state = IncidentState.Open, DateTimeOffset? at = null) => new()
    {
        Id = id, ScopeId = scopeId, Cause = "nginx > xmrig", Title = "web ran a miner", Severity = severity, State = state, FirstSeen = at ?? Now, LastSeen = at ?? Now, EValue = 400, Threshold = 100,
        AlertedRevision = 1, Techniques = ["T1496"], Pods = ["web-5d8f6c9b7f-x2x7k"], Containers = ["a"], Nodes = ["node-1"], Images = ["nginx"], ProcessTree = "nginx\n  xmrig  <--",
        DeviationIds = ["d1"], Evidence = [new Evidence("never seen", 50)],
    };
}
