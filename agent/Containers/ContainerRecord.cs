namespace Runtime.Agent.Containers;

/// <summary>What is known of one container. Immutable: a later answer of the runtime makes a new record.</summary>
/// <param name="Id">The runtime's id (64 hex digits for the common ones); else the last element of its cgroup path.</param>
/// <param name="Runtime">"containerd", "cri-o", "docker", "podman", "runc"; empty while unknown.</param>
/// <param name="Name">Within its pod; without a pod the runtime's name for it.</param>
/// <param name="ImageDigest">"sha256:…"; empty while unknown.</param>
/// <param name="StartedUnixNs">0 while unknown.</param>
/// <param name="PodIp">Textual; empty on the node's network.</param>
/// <param name="Complete">False while the runtime has not told the rest.</param>
internal sealed record ContainerRecord(
    string Id,
    string Runtime,
    string Name,
    string PodName,
    string PodNamespace,
    string PodUid,
    IReadOnlyDictionary<string, string> PodLabels,
    string Image,
    string ImageDigest,
    long StartedUnixNs,
    string CgroupPath,
    string PodIp,
    bool Complete)
{
    /// <summary>The name that a pod's own (pause) container gets, as cAdvisor and the kubelet name it.</summary>
    public const string SandboxName = "POD";

    /// <summary>The pod's own (pause) container, not a workload's. False while unknown.</summary>
    public bool IsSandbox { get; init; }

    /// <summary>When its image was built, as the image says; 0 while unknown.</summary>
    public long ImageCreatedUnixS { get; init; }

    /// <summary>Where the host has its file system mounted; empty also where the place names the container by its id.</summary>
    public string RootFolder { get; init; } = "";

    /// <summary>With what a runtime told; what it left out stays.</summary>
    public ContainerRecord With(ContainerDetails news)
    {
        static string Newer(string news, string old) => news.Length > 0 ? news : old;
        return this with
        {
            Id = news.Id,
            Runtime = Newer(Runtime, news.Runtime),
            Name = news.IsSandbox ? ContainerRecord.SandboxName : Newer(news.Name, Name),
            PodName = Newer(news.PodName, PodName),
            PodNamespace = Newer(news.PodNamespace, PodNamespace),
            PodUid = Newer(news.PodUid, PodUid),
            PodLabels = news.PodLabels ?? PodLabels,
            Image = Newer(news.Image, Image),
            ImageDigest = Newer(news.ImageDigest, ImageDigest),
            ImageCreatedUnixS = news.ImageCreatedUnixS != 0 ? news.ImageCreatedUnixS : ImageCreatedUnixS,
            StartedUnixNs = news.StartedUnixNs != 0 ? news.StartedUnixNs : StartedUnixNs,
            PodIp = Newer(news.PodIp, PodIp),
            Complete = news.Complete || Complete,
            IsSandbox = news.IsSandbox || IsSandbox,
            RootFolder = Newer(news.RootFolder, RootFolder),
        };
    }
}
