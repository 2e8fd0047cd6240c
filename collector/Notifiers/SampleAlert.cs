using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>An alert that says that nothing happened, to try a notifier with every part of a real one.</summary>
internal static class SampleAlert
{
    private const string IdPrefix = "sample-";

    public static bool Is(Incident incident) => incident.Id.StartsWith(IdPrefix, StringComparison.Ordinal);

    public static Delivery Make(string notifier, DateTimeOffset now)
    {
        var id = IdPrefix + Guid.NewGuid().ToString("N");
        var incident = new Incident
        {
            Id = id,
            ScopeId = new Scope("sample", "shop", "Deployment", "web", "app").Id,
            Cause = "/usr/sbin/nginx > /usr/bin/sh",
            Title = "Test alert: nothing happened, somebody tried this notifier",
            Severity = Severity.Info,
            FirstSeen = now,
            LastSeen = now,
            EValue = 1200,
            Threshold = 400,
            Techniques = ["T1059.004"],
            Pods = ["web-0"],
            Containers = ["app"],
            Nodes = ["node-1"],
            Images = ["docker.io/library/nginx:1.27"],
            ProcessTree = "/usr/sbin/nginx\n  /usr/bin/sh -c id   <- not in the baseline",
            DeviationIds = [],
            Evidence = [new Evidence("a shell ran that no replica had run before", 1200, "T1059.004")],
        };
        return new Delivery(0, notifier, id, new AlertMessage(incident), 0, now, now);
    }
}
