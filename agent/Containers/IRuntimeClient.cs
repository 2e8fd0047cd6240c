namespace Runtime.Agent.Containers;

/// <summary>A container whose metadata is looked for.</summary>
/// <param name="Id">As the cgroup's path gives it.</param>
internal sealed record WantedContainer(string Id, string PodUid, string CgroupPath);

/// <summary>What a runtime told of one container. Empty and null parts are not known by it.</summary>
internal sealed record ContainerDetails
{
    public required string Id { get; init; }
    public string Runtime { get; init; } = "";
    public string Name { get; init; } = "";
    public string PodName { get; init; } = "";
    public string PodNamespace { get; init; } = "";
    public string PodUid { get; init; } = "";
    public IReadOnlyDictionary<string, string>? PodLabels { get; init; }
    public string Image { get; init; } = "";
    public string ImageDigest { get; init; } = "";

    /// <summary>When its image was built; 0 while unknown.</summary>
    public long ImageCreatedUnixS { get; init; }
    public long StartedUnixNs { get; init; }

    /// <summary>Where the host has its file system mounted; empty also where the place names the container by its id.</summary>
    public string RootFolder { get; init; } = "";
    public string PodIp { get; init; } = "";

    /// <summary>The pod's own (pause) container.</summary>
    public bool IsSandbox { get; init; }

    /// <summary>There is no more to learn: the runtime itself answered in full.</summary>
    public bool Complete { get; init; }
}

/// <summary>One place that may know containers: a runtime's socket, or its state on disk.</summary>
/// <remarks>Called by one loop, one call at a time, off the capture thread.</remarks>
internal interface IRuntimeClient : IDisposable
{
    /// <summary>For counters and messages: "cri /run/containerd/containerd.sock".</summary>
    string Name { get; }

    /// <summary>False when its socket or folder is not there: then it knows nothing, which is no fault.</summary>
    bool IsPresent { get; }

    /// <summary>Details of those that it knows; the others are left out.</summary>
    /// <exception cref="RuntimeCallException">The runtime did not answer, or answered nonsense.</exception>
    Task<IReadOnlyList<ContainerDetails>> FindAsync(IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken);
}

/// <summary>A runtime did not answer, or answered nonsense. The message is for the operator.</summary>
internal sealed class RuntimeCallException(string message, Exception inner) : Exception(message, inner);
