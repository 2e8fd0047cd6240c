using System.Text.RegularExpressions;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Inventory;

/// <summary>
/// Finds what a user deployed from what a pod shows of it: labels that controllers set, and the shape of the names that they
/// generate (Kubernetes 1.5 to 1.34). Pure; any thread.
/// </summary>
/// <remarks>
/// A container whose runtime has not told the rest yet (the agent waits 10 s) is put under a scope of its own, kind Container,
/// named by its short id. When the rest arrives, what comes later goes to the right scope; what was seen before stays where it
/// is, for a baseline must not be fed with rows whose owner was guessed.
/// </remarks>
internal static partial class Owners
{
    public const string DeploymentKind = "Deployment";
    public const string StatefulSetKind = "StatefulSet";
    public const string DaemonSetKind = "DaemonSet";
    public const string CronJobKind = "CronJob";
    public const string JobKind = "Job";
    public const string PodKind = "Pod";
    public const string ContainerKind = "Container";
    public const string RolloutKind = "Rollout";

    /// <summary>
    /// The containers that hold the pods' namespaces ("POD") share one scope in a cluster: they all run the one pause program,
    /// so that anything else in any of them stands out.
    /// </summary>
    public const string SandboxKind = "Sandbox";

    private const string SandboxContainer = "POD";

    private const int ShortId = 12;

    // Controllers cut what they generate names from to 58 characters, so that five random ones fit into 63.
    private const int MaxGeneratedBase = 58;

    public static Scope Host(string cluster, string node) => new(cluster, "", Scope.HostKind, node, "");

    /// <param name="container">Null for the host.</param>
    public static Scope ScopeOf(string cluster, string node, ContainerInfo? container)
    {
        if (container is null)
        {
            return Host(cluster, node);
        }

        if (!container.Complete)
        {
            return new Scope(cluster, "", ContainerKind, Short(container.Id), "");
        }

        if (container.Name == SandboxContainer)
        {
            return new Scope(cluster, "", SandboxKind, "pod-sandboxes", "");
        }

        if (container.PodName.Length == 0)
        {
            // Docker writes "/web".
            var name = container.Name.TrimStart('/');
            return new Scope(cluster, "", ContainerKind, name.Length > 0 ? Short(name) : Short(container.Id), "");
        }

        var (kind, owner) = OwnerOf(container.PodName, container.PodLabels, node);
        return new Scope(cluster, container.PodNamespace, kind, owner, container.Name);
    }

    /// <summary>Kind and name of the workload behind a pod.</summary>
    //   labels                                                          pod name                     owner
    //   pod-template-hash: 5d8f6c9b7f                                   web-5d8f6c9b7f-x2x7k         Deployment web
    //   pod-template-hash: 5d8f6c9b7f                                   <58 characters, cut>x2x7k    Deployment, the cut name
    //   statefulset.kubernetes.io/pod-name: db-0                        db-0                         StatefulSet db
    //   controller-revision-hash: …, pod-template-generation: 1         fluentd-8zq4c                DaemonSet fluentd
    //   batch.kubernetes.io/job-name: report-29412345 (minutes)         report-29412345-kq7bd        CronJob report
    //   job-name: migrate                                               migrate-x7c2z                Job migrate
    //   (none)                                                          etcd-node1 on node1          Pod etcd (static)
    //   (none)                                                          legacy-tq2vx                 Pod legacy (ReplicaSet, ReplicationController)
    public static (string Kind, string Name) OwnerOf(string pod, IReadOnlyDictionary<string, string> labels, string node)
    {
        if ((Label("batch.kubernetes.io/job-name") ?? Label("job-name")) is { } job)
        {
            return Scheduled().Match(job) is { Success: true } run ? (CronJobKind, run.Groups[1].Value) : (JobKind, WithoutRandom(job));
        }

        if (Label("rollouts-pod-template-hash") is { } rollout)
        {
            return (RolloutKind, WithoutHash(pod, rollout));
        }

        if (Label("pod-template-hash") is { } hash)
        {
            return (DeploymentKind, WithoutHash(pod, hash));
        }

        var revision = Label("controller-revision-hash");
        if (Label("statefulset.kubernetes.io/pod-name") is not null || Label("apps.kubernetes.io/pod-index") is not null || revision is not null && Label("pod-template-generation") is null)
        {
            if (Ordinal().Match(pod) is { Success: true } ordinal)
            {
                return (StatefulSetKind, ordinal.Groups[1].Value);
            }
        }

        if (revision is not null)
        {
            return (DaemonSetKind, WithoutRandom(pod));
        }

        return node.Length > 0 && pod.Length > node.Length + 1 && pod.EndsWith("-" + node, StringComparison.Ordinal)
            ? (PodKind, pod[..^(node.Length + 1)])
            : (PodKind, WithoutRandom(pod));

        string? Label(string key) => labels.TryGetValue(key, out var value) && value.Length > 0 ? value : null;
    }

    private static string WithoutHash(string pod, string hash)
    {
        var name = WithoutRandom(pod);
        if (name.EndsWith("-" + hash, StringComparison.Ordinal))
        {
            return name.Length > hash.Length + 1 ? name[..^(hash.Length + 1)] : name;
        }

        if (pod.Length < MaxGeneratedBase)
        {
            return name;
        }

        // Cut within the hash, or before it.
        name = pod[..Math.Min(pod.Length, MaxGeneratedBase)];
        for (var kept = hash.Length; kept > 0; kept--)
        {
            if (name.EndsWith(string.Concat("-", hash.AsSpan(0, kept)), StringComparison.Ordinal))
            {
                return name[..^(kept + 1)];
            }
        }

        return name.TrimEnd('-');
    }

    private static string WithoutRandom(string name) => Random().Match(name) is { Success: true } random ? random.Groups[1].Value : name;

    private static string Short(string id) => HexId().IsMatch(id) ? id[..ShortId] : id;

    // k8s.io/apimachinery/pkg/util/rand: no vowels and no 0, 1, 3, so that no word comes out by chance.
    [GeneratedRegex("^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5}$", RegexOptions.NonBacktracking)]
    private static partial Regex Random();

    [GeneratedRegex("^(.+)-[0-9]+$", RegexOptions.NonBacktracking)]
    private static partial Regex Ordinal();

    // The scheduled time in minutes since 1970 (8 digits since Kubernetes 1.21), in seconds before (10 digits).
    [GeneratedRegex("^(.+)-(?:[0-9]{8}|[0-9]{10})$", RegexOptions.NonBacktracking)]
    private static partial Regex Scheduled();

    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.NonBacktracking)]
    private static partial Regex HexId();
}
