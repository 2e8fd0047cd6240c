namespace Runtime.Pods;

/// <summary>What the containers see at /sys/fs/cgroup.</summary>
public enum CgroupVersion
{
    /// <summary>As the machine has it.</summary>
    Machine,

    /// <summary>A mount namespace of the node's own, where /sys/fs/cgroup is cgroup2 alone. Limits are dropped where another hierarchy holds their controllers.</summary>
    TwoOnly,
}

/// <summary>How the cgroup path of a container is formed.</summary>
public enum CgroupDriver
{
    /// <summary>/kubepods/burstable/podUID/ID.</summary>
    Cgroupfs,

    /// <summary>/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope, without a systemd.</summary>
    Systemd,

    /// <summary>kubepods-burstable-podUID.slice:cri-containerd:ID, as a mis-set node makes it: the kubelet says systemd, the runtime does not.</summary>
    Colons,
}

public sealed record NodeOptions
{
    public CgroupVersion Version { get; init; } = CgroupVersion.Machine;

    public CgroupDriver Driver { get; init; } = CgroupDriver.Cgroupfs;

    /// <summary>A symbolic link to the runtime's socket, for programs that must know its path beforehand; made when the node answers. None when null.</summary>
    public string? SocketLink { get; init; }

    /// <summary>Takes the node away when the process is interrupted. False for a program that unwinds and disposes by itself.</summary>
    public bool CleanOnSignal { get; init; } = true;

    /// <summary>runc stands behind a script that edits the bundle.</summary>
    internal bool EditsBundles => Driver == CgroupDriver.Systemd || Version == CgroupVersion.TwoOnly;
}
