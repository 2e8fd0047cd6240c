using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Tests.Reduction;

namespace Runtime.Agent.Tests.Streaming;

/// <summary>Facts with the parts that a test does not care about filled in.</summary>
internal static class Facts
{
    public static ProcessRecord Process(uint pid = 100, ProcessRecord? parent = null, Phase phase = Phase.Steady, string binary = "/bin/app", string arguments = "app", string? container = null) => new()
    {
        Key = new(pid, pid * 1000),
        Parent = parent,
        Cgroup = new(7, 2),
        ContainerId = container ?? (phase == Phase.Host ? "" : "c1"),
        Binary = Encoding.UTF8.GetBytes(binary),
        Arguments = Encoding.UTF8.GetBytes(arguments),
        Phase = phase,
        ExecBootNs = pid * 1000,
    };

    public static ExecFact Exec(uint pid = 100, string container = "c1", bool isNew = true, ulong count = 1, ProcessRecord? process = null) => new()
    {
        Process = process ?? Process(pid),
        Container = Container(container),
        FirstUnixNs = 1_000 + pid,
        LastUnixNs = 2_000 + pid,
        Count = count,
        IsNew = isNew,
    };

    public static FileFact File(string path = "/a", string container = "c1", bool isNew = true, ulong count = 1) => new()
    {
        Process = Process(),
        Container = Container(container),
        FirstUnixNs = 1_000,
        LastUnixNs = 2_000,
        Count = count,
        IsNew = isNew,
        Operation = FileOperation.Create,
        Path = Encoding.UTF8.GetBytes(path),
        Template = Encoding.UTF8.GetBytes(path),
    };

    public static NetworkFact Network(ushort port = 443, string container = "c1", bool isNew = true) => new()
    {
        Process = Process(),
        Container = Container(container),
        FirstUnixNs = 1_000,
        LastUnixNs = 2_000,
        IsNew = isNew,
        Operation = NetworkOperation.Connect,
        Protocol = 6,
        LocalAddress = [10, 0, 0, 1],
        RemoteAddress = [1, 1, 1, 1],
        RemotePort = port,
    };

    public static ContainerRecord? Container(string id) => id.Length == 0 ? null : Known.GetOrAdd(id, i => FakeContainers.Record(i));

    private static readonly global::System.Collections.Concurrent.ConcurrentDictionary<string, ContainerRecord> Known = new();
}
