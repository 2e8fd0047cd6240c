using System.Net;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;

namespace Runtime.Collector.Tests.Query;

/// <summary>Records for tests, as a real day would make them.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Noon = new(2026, 4, 25, 12, 0, 0, TimeSpan.Zero);
    public static readonly Scope Web = new("default", "shop", "Deployment", "web", "app");
    public static readonly Scope WebSidecar = new("default", "shop", "Deployment", "web", "proxy");
    public static readonly Scope Webhook = new("default", "shop", "Deployment", "webhook", "app");
    public static readonly Scope OtherWeb = new("default", "test", "Deployment", "web", "app");
    public static readonly Scope Host = new("default", "", Scope.HostKind, "node1", "");

    public static readonly ContainerInfo Container = new(
        new string('c', 64), "containerd", "app", "web-5d9c-x1", "shop", "uid-1", "docker.io/library/nginx:1.25", "sha256:" + new string('d', 64), "10.0.0.7", Noon, true);

    public static ScopeSummary Summary(Scope scope, long openIncidents = 0) =>
        new(scope.Id, Noon.AddDays(-7), Noon, 3, ["docker.io/library/nginx:1.25"], openIncidents);

    public static ProcessInfo Process(string binary = "/usr/bin/curl", params string[] arguments) => new(
        4711, 99, binary, arguments.Length > 0 ? arguments : [binary], "/", "", 1000, 1000, 1000, uint.MaxValue,
        ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing, Phase.Steady, Noon);

    public static BaselineView Baseline(Scope scope) => new(
        scope.Id, Noon.AddDays(-7), Noon, 3, ["docker.io/library/nginx:1.25"],
        [
            new(KindGroup.Process, BaselineState.Locked, 168, 4, 2, 0, 1, 0.01, 0.02, 0.999, 500, 90, ""),
            new(KindGroup.Egress, BaselineState.Learning, 168, 4, 1, 1, 0, 0.7, 0.9, 0.8, 0, 3, "1 more start; 12 quiet hours"),
        ],
        [
            new("exec", "/usr/sbin/nginx", Noon.AddDays(-7), Noon, 4, 3, 3, 7, "learned", "", null),
            new("edge", "/usr/sbin/nginx > /bin/sh", Noon.AddDays(-1), Noon, 1, 1, 1, 1, "approved", "root (uid 0)", Noon),
            new("egress", "10.0.0.0/24:5432", Noon.AddDays(-7), Noon, 400, 3, 3, 7, "pending", "", null),
        ])
    {
        Budget = new(0.05, "Baselines:Budgets:2 (namespace shop)"),
    };

    public static BaselineItemView Item(string kind, string key) => new(kind, key, Noon.AddDays(-7), Noon, 4, 3, 3, 7, "learned", "", null);

    /// <summary>With a template and a group that did not settle.</summary>
    public static BaselineView Unsettled(Scope scope) => Baseline(scope) with
    {
        Groups =
        [
            new(KindGroup.File, BaselineState.Unstable, 168, 4, 1, 41, 0, 3, 5, 0.5, 500, 0, "did not settle in 7 days")
            {
                Churning = [new("/usr/sbin/nginx|create|/opt/app/", 40), new("/usr/sbin/nginx|create|/opt/\u001b[2J/", 1)],
            },
        ],
        Items =
        [
            new("file_write", "/usr/sbin/nginx|create|/var/cache/%{letters 14}.jpg|other", Noon.AddDays(-7), Noon, 4000, 3, 3, 7, "learned", "", null)
            {
                Names = 1214, Examples = ["abcdefghijklmn.jpg", "bcdefghijklmno.jpg"],
            },
        ],
    };

    public static Deviation Deviation(string id, string incidentId, Scope? scope = null) => new()
    {
        Id = id,
        ScopeId = (scope ?? Web).Id,
        IncidentId = incidentId,
        Time = Noon,
        LastSeen = Noon.AddMinutes(1),
        Count = 2,
        Kind = "exec",
        Key = "/tmp/xmrig",
        Title = "nginx started /tmp/xmrig, which its image does not have",
        Severity = Severity.Critical,
        Evidence = [new("the binary was written after the container started", 200, "T1105"), new("its arguments name a mining pool", 50, "T1496")],
        EValue = 10_000,
        Node = "node1",
        Container = Container,
        Lineage = [Process("/tmp/xmrig", "/tmp/xmrig", "-o", "stratum+tcp://10.0.0.9:3333"), Process("/usr/sbin/nginx")],
    };

    public static Incident Incident(string id, Scope? scope = null, IncidentState state = IncidentState.Open, Severity severity = Severity.Critical) => new()
    {
        Id = id,
        ScopeId = (scope ?? Web).Id,
        Cause = "nginx > xmrig",
        Title = "nginx started a miner",
        Severity = severity,
        State = state,
        FirstSeen = Noon,
        LastSeen = Noon.AddMinutes(1),
        Count = 41,
        EValue = 10_000,
        Threshold = 500,
        AlertedRevision = 1,
        Techniques = ["T1105", "T1496"],
        Pods = ["web-5d9c-x1", "web-5d9c-x2"],
        Containers = [new string('c', 64)],
        Nodes = ["node1"],
        Images = ["docker.io/library/nginx:1.25"],
        ProcessTree = "/usr/sbin/nginx\n  /tmp/xmrig -o stratum+tcp://10.0.0.9:3333  <-- deviates",
        DeviationIds = [],
        Evidence = [new("the binary was written after the container started", 200, "T1105")],
        Audit = state == IncidentState.Open ? [] : [new(Noon, "alice (uid 1000)", "close", "known")],
    };

    public static CurrentDigests Digests() => new(Noon.AddHours(-5), [
        new()
        {
            Cluster = "default", Since = Noon.AddHours(-5), Until = Noon, More = 7, Quiet = 2,
            Lines =
            [
                DigestLine.Of(Incident("aaaa0001", severity: Severity.Medium) with { EValue = 600, DelayedRevision = 1, Title = "cron's sh wrote /etc/cron.d/x" }, null),
                DigestLine.Of(Incident("bbbb0002", Host, severity: Severity.Low) with { EValue = 12.5, Title = "curl connected to 203.0.113.9" }, Noon.AddHours(-5)),
            ],
        },
    ]);

    public static Observation Exec(Scope? scope = null, params string[] command) => new ExecObservation
    {
        Scope = scope ?? Web,
        AgentId = "a1",
        Node = "node1",
        Container = Container,
        First = Noon,
        Last = Noon,
        Lineage = [Process(command.Length > 0 ? command[0] : "/usr/bin/curl", command)],
    };

    public static Observation Connect(string address = "10.0.0.9", int port = 443) => new NetworkObservation
    {
        Scope = Web,
        AgentId = "a1",
        Node = "node1",
        Container = Container,
        First = Noon,
        Last = Noon,
        Lineage = [Process()],
        Operation = NetworkOperation.Connect,
        Protocol = 6,
        RemoteAddress = IPAddress.Parse(address),
        RemotePort = port,
    };
}
