namespace Runtime.Agent.Containers;

/// <summary>Where containers are looked for, and how long.</summary>
internal sealed record ContainerOptions
{
    /// <summary>The cgroup file systems: v2 here, or in <c>unified</c> below beside v1's controllers.</summary>
    public string CgroupRoot { get; init; } = "/sys/fs/cgroup";

    /// <summary>The host's /proc.</summary>
    public string ProcRoot { get; init; } = "/proc";

    /// <summary>The host's file system, below which state folders of the runtimes lie; "/" on the host itself.</summary>
    public string HostRoot { get; init; } = "/";

    /// <summary>CRI sockets, asked side by side. One that is not there costs a look each <see cref="RetryMaximum"/>.</summary>
    public IReadOnlyList<string> CriSockets { get; init; } = RuntimeSockets.Cri;

    /// <summary>Sockets that speak Docker's API: Docker's and Podman's.</summary>
    public IReadOnlyList<string> DockerSockets { get; init; } = RuntimeSockets.Docker;

    /// <summary>Deadline of every single call to a runtime. Over 0.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long facts wait for metadata; a container that no runtime knows is complete after it. Over 0.</summary>
    public TimeSpan MetadataWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A cgroup of unknown shape that no runtime knows is the host's after so long. Over 0.</summary>
    public TimeSpan PossibleWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First pause after a runtime did not know a container; doubles up to <see cref="RetryMaximum"/>.</summary>
    public TimeSpan RetryMinimum { get; init; } = TimeSpan.FromMilliseconds(50);
    public TimeSpan RetryMaximum { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A container is kept and still asked for so long after its cgroup went.</summary>
    public TimeSpan KeepAfterRemoval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Cgroups held; beyond it new ones are asked from the kernel each time. 1024 to 1 048 576.</summary>
    public int MaxCgroups { get; init; } = 65_536;

    /// <returns>Every fault, each naming its key, value and rule; empty when there is none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        foreach (var (key, value) in new[]
                 {
                     (nameof(CallTimeout), CallTimeout), (nameof(MetadataWait), MetadataWait), (nameof(PossibleWait), PossibleWait),
                     (nameof(RetryMinimum), RetryMinimum), (nameof(KeepAfterRemoval), KeepAfterRemoval),
                 })
        {
            if (value <= TimeSpan.Zero)
                faults.Add($"Containers.{key} is {value}: it must be over 0");
        }
        if (RetryMaximum < RetryMinimum)
            faults.Add($"Containers.RetryMaximum is {RetryMaximum}: it must be at least Containers.RetryMinimum ({RetryMinimum})");
        if (MaxCgroups is < 1024 or > 1_048_576)
            faults.Add($"Containers.MaxCgroups is {MaxCgroups}: it must be 1024 to 1048576");
        foreach (var socket in CriSockets.Concat(DockerSockets))
        {
            if (!socket.StartsWith('/') || socket.Length > 107)
                faults.Add($"Containers socket \"{socket}\": it must be an absolute path of at most 107 bytes (unix(7))");
        }
        return faults;
    }
}
