using System.Security.Cryptography;
using System.Text;
using Runtime.Cri.V1;

namespace Runtime.Pods;

/// <summary>A pod as a kubelet would hand it to the container runtime.</summary>
public sealed record PodSpec
{
    // The letters that Kubernetes makes names of: no vowels, nothing that looks like another.
    private const string NameLetters = "bcdfghjklmnpqrstvwxz2456789";

    public required string Name { get; init; }

    public string Namespace { get; init; } = "default";

    /// <summary>Of every container of it; also part of the cgroup path.</summary>
    public string Uid { get; init; } = Guid.NewGuid().ToString();

    /// <summary>Beside those that the kubelet adds.</summary>
    public IDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>The node's network instead of one of its own.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>One of a Deployment's pods: "web-6d4cf56db6-x7k2p" with the labels that its ReplicaSet gives. The middle part is equal for all pods of one name and revision.</summary>
    public static PodSpec OfDeployment(string name, string @namespace = "default", int revision = 1)
    {
        var hash = Letters(SHA256.HashData(Encoding.UTF8.GetBytes($"{@namespace}/{name}/{revision}")), 10);
        return new PodSpec
        {
            Name = $"{name}-{hash}-{Letters(RandomNumberGenerator.GetBytes(5), 5)}",
            Namespace = @namespace,
            Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = name, ["pod-template-hash"] = hash },
        };
    }

    internal PodConfig ToConfig(CgroupDriver driver, string logFolder)
    {
        var parent = driver == CgroupDriver.Cgroupfs
            ? "/kubepods/burstable/pod" + Uid
            : $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid.Replace('-', '_')}.slice";
        return new PodConfig
        {
            Metadata = new PodMetadata { Name = Name, Uid = Uid, Namespace = Namespace },
            // With the node's network there is no UTS namespace to name.
            Hostname = HostNetwork ? "" : Name,
            LogDirectory = Path.Combine(logFolder, $"{Namespace}_{Name}_{Uid}"),
            Labels = { Labels, PodLabels() },
            Annotations =
            {
                Annotations,
                new Dictionary<string, string> { ["kubernetes.io/config.source"] = "api", ["kubernetes.io/config.seen"] = TimeProvider.System.GetUtcNow().ToString("O") },
            },
            Linux = new PodLinux { CgroupParent = parent, SecurityContext = new PodSecurity { NamespaceOptions = Namespaces() } },
        };
    }

    internal Dictionary<string, string> PodLabels() => new()
    {
        ["io.kubernetes.pod.name"] = Name,
        ["io.kubernetes.pod.namespace"] = Namespace,
        ["io.kubernetes.pod.uid"] = Uid,
    };

    internal NamespaceOption Namespaces() => new() { Network = HostNetwork ? NamespaceMode.Node : NamespaceMode.Pod, Pid = NamespaceMode.Container };

    private static string Letters(ReadOnlySpan<byte> seed, int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(NameLetters[seed[i] % NameLetters.Length]);
        }

        return text.ToString();
    }
}

/// <summary>One container of a pod.</summary>
public sealed record ContainerSpec
{
    public required string Name { get; init; }

    /// <summary>Loaded into the node before: <see cref="OciImage.Reference"/>.</summary>
    public required string Image { get; init; }

    /// <summary>In place of the image's entry point and command, when not empty.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Path in the container to path on the node.</summary>
    public IReadOnlyDictionary<string, string> Mounts { get; init; } = new Dictionary<string, string>();

    /// <summary>User id; the image's when null.</summary>
    public long? User { get; init; }

    public bool Privileged { get; init; }

    public bool ReadOnlyRoot { get; init; }

    public long MemoryLimitBytes { get; init; } = 128 << 20;

    internal ContainerConfig ToConfig(PodSpec pod, uint attempt) => new()
    {
        Metadata = new ContainerMetadata { Name = Name, Attempt = attempt },
        Image = new ImageSpec { Image = Image },
        Command = { Command },
        Args = { Arguments },
        Envs = { Environment.Select(pair => new KeyValue { Key = pair.Key, Value = pair.Value }) },
        Mounts = { Mounts.Select(pair => new Mount { ContainerPath = pair.Key, HostPath = pair.Value }) },
        Labels = { pod.PodLabels(), new Dictionary<string, string> { ["io.kubernetes.container.name"] = Name } },
        Annotations = { ["io.kubernetes.container.restartCount"] = attempt.ToString(global::System.Globalization.CultureInfo.InvariantCulture) },
        LogPath = $"{Name}/{attempt}.log",
        Linux = new ContainerLinux
        {
            Resources = new Resources { CpuShares = 102, MemoryLimitInBytes = MemoryLimitBytes, OomScoreAdj = 900 },
            SecurityContext = new ContainerSecurity
            {
                NamespaceOptions = pod.Namespaces(),
                Privileged = Privileged,
                ReadonlyRootfs = ReadOnlyRoot,
                RunAsUser = User is { } user ? new Int64Value { Value = user } : null,
            },
        },
    };
}
