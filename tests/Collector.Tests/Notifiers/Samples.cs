using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Tests.Notifiers;

internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2025, 11, 3, 10, 0, 0, TimeSpan.Zero);

    public static Incident Incident(string id = "inc-1") => new()
    {
        Id = id,
        ScopeId = "prod/shop/Deployment/web/app",
        Cause = "/usr/sbin/nginx > /tmp/x",
        Title = "nginx started /tmp/x, which is not in the image",
        Severity = Severity.High,
        FirstSeen = Now,
        LastSeen = Now.AddSeconds(3),
        Count = 41,
        EValue = 250_000,
        Threshold = 400,
        Techniques = ["T1496", "T1059.004"],
        Pods = ["web-7d9-a", "web-7d9-b"],
        Containers = ["app"],
        Nodes = ["node-1"],
        Images = ["docker.io/library/nginx:1.27"],
        ProcessTree = "/usr/sbin/nginx\n  /tmp/x -o pool:3333 <- new",
        DeviationIds = ["dev-1"],
        Evidence = [new Evidence("the file was written after the container started", 500, "T1496"), new Evidence("its parent faces the network", 500)],
    };

    public static Delivery Delivery(long id = 1, string notifier = "chat", DateTimeOffset? enqueued = null, int attempts = 0) =>
        new(id, notifier, $"inc-{id}/1/{notifier}", new AlertMessage(Incident($"inc-{id}")), attempts, enqueued ?? Now, enqueued ?? Now);

    public static DigestLine Line() => new()
    {
        IncidentId = "inc-1", ScopeId = "prod/shop/Deployment/web/app", Title = "sh wrote /etc/cron.d/x", Severity = Severity.Medium, EValue = 35, Threshold = 20, IsDelayed = true,
        Pods = ["web-1", "web-2", "web-3", "web-4"], PodCount = 4, FirstSeen = Now, LastSeen = Now.AddHours(1), Count = 41, Told = null,
    };

    public static Digest Digest() => new()
    {
        Cluster = "prod", Since = Now.AddHours(-27), Until = Now.AddHours(-3), More = 4, Quiet = 11,
        Lines =
        [
            Line(),
            Line() with
            {
                IncidentId = "inc-2", ScopeId = "prod/-/Host/node-1/-", Title = "curl connected to 203.0.113.9:443", Severity = Severity.Low, EValue = 12, Threshold = 400, IsDelayed = false,
                Pods = [], PodCount = 0, Told = Now.AddHours(-27),
            },
        ],
    };
}
