namespace Runtime.Collector.Inventory;

/// <summary>What has a baseline: one container of one workload, over all its replicas and nodes.</summary>
/// <param name="Cluster">As the operator named it.</param>
/// <param name="Namespace">Empty without Kubernetes.</param>
/// <param name="OwnerKind">Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod; Container without Kubernetes; Host.</param>
/// <param name="OwnerName">Never a ReplicaSet's or a pod's generated name; for Host the node.</param>
/// <param name="Container">Name within the pod; empty for Host and Container.</param>
internal sealed record Scope(string Cluster, string Namespace, string OwnerKind, string OwnerName, string Container)
{
    public const string HostKind = "Host";

    /// <summary>"cluster/namespace/kind/name/container": '-' for an empty part, '/' and '%' within a part as %2F and %25.</summary>
    public string Id { get; } = string.Join('/', Part(Cluster), Part(Namespace), Part(OwnerKind), Part(OwnerName), Part(Container));

    public bool IsHost => OwnerKind == HostKind;

    /// <summary>For people: "shop/web (app)", "host node1".</summary>
    public string DisplayName => IsHost
        ? $"host {OwnerName}"
        : (Namespace.Length > 0 ? Namespace + "/" : "") + OwnerName + (Container.Length > 0 && Container != OwnerName ? $" ({Container})" : "");

    /// <exception cref="FormatException">Not five parts.</exception>
    public static Scope Parse(string id)
    {
        var parts = id.Split('/');
        if (parts.Length != 5)
        {
            throw new FormatException($"scope id '{id}' has {parts.Length} parts; it must be cluster/namespace/kind/name/container");
        }

        return new Scope(Text(parts[0]), Text(parts[1]), Text(parts[2]), Text(parts[3]), Text(parts[4]));
    }

    private static string Part(string text) =>
        text.Length == 0 ? "-" : text == "-" ? "%2D" : text.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

    private static string Text(string part) =>
        part == "-" ? "" : part.Replace("%2F", "/", StringComparison.Ordinal).Replace("%2D", "-", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
