using System.Net;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Evaluation.Ablations;
using Runtime.Evaluation.Recordings;
using Runtime.Evaluation.Runs;

namespace Runtime.Evaluation.Tests.Ablations;

/// <summary>Recordings by hand: one deployment, an hour of a baseline is an hour.</summary>
internal sealed class Streams
{
    public static readonly DateTimeOffset Epoch = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);
    public static readonly Scope Web = new("test", Replica.Namespace, "Deployment", "web", Replica.ContainerName);

    private readonly List<Observation> _observations = [];
    private readonly HashSet<string> _started = [];

    public string Digest { get; set; } = "sha256:aaaa";
    public string Image { get; set; } = "localhost/web:1.0";
    public string Revision { get; set; } = "r1";

    public IReadOnlyList<Observation> Observations => _observations;

    public RecordedStream Stream => new(new RecordingNote(TimeSpan.FromHours(1).TotalMilliseconds, 1, 4, 0), _observations, new HashSet<string>());

    public Streams Exec(double hour, string binary, Phase phase = Phase.Steady, string container = "c1", ProcessFlags flags = ProcessFlags.None, string parent = "/sbin/init")
    {
        if (_started.Add(container))
        {
            _observations.Add(new ExecObservation { Id = Id, Scope = Web, AgentId = "a", Node = "n", Container = Container(container), First = At(hour), Last = At(hour), Lineage = [Process("/sbin/init", Phase.Init)] });
        }

        List<ProcessInfo> lineage = parent == "/sbin/init"
            ? [Process(binary, phase, flags), Process("/sbin/init", Phase.Init)]
            : [Process(binary, phase, flags), Process(parent, Phase.Steady), Process("/sbin/init", Phase.Init)];
        _observations.Add(new ExecObservation { Id = Id, Scope = Web, AgentId = "a", Node = "n", Container = Container(container), First = At(hour), Last = At(hour), Lineage = lineage });
        return this;
    }

    public Streams Write(double hour, string path)
    {
        _observations.Add(new FileObservation
        {
            Id = Id, Scope = Web, AgentId = "a", Node = "n", Container = Container("c1"), First = At(hour), Last = At(hour), Lineage = [Process("/bin/app", Phase.Steady)],
            Operation = FileOperation.Create, Path = path, Template = path,
        });
        return this;
    }

    public Streams Accept(double hour)
    {
        _observations.Add(new NetworkObservation
        {
            Id = Id, Scope = Web, AgentId = "a", Node = "n", Container = Container("c1"), First = At(hour), Last = At(hour), Lineage = [Process("/bin/app", Phase.Steady)],
            Operation = NetworkOperation.Accept, Protocol = 6, RemoteAddress = IPAddress.Parse("10.1.2.9"), RemotePort = 40000, LocalPort = 80,
        });
        return this;
    }

    public static DateTimeOffset At(double hour) => Epoch + TimeSpan.FromHours(hour);

    private long Id => _observations.Count + 1;

    private ContainerInfo Container(string id) => new(id, "containerd", Replica.ContainerName, "web-" + id, Replica.Namespace, "uid-" + id, Image, Digest, "10.1.2.3", Epoch, Complete: true)
    {
        PodLabels = new Dictionary<string, string> { ["pod-template-hash"] = Revision },
    };

    private static ProcessInfo Process(string binary, Phase phase, ProcessFlags flags = ProcessFlags.None) =>
        new((uint)(100 + Math.Abs(binary.GetHashCode(StringComparison.Ordinal) % 10000)), 1000, binary, [binary], "/", "", 0, 0, 0, uint.MaxValue, flags, phase, Epoch);
}
