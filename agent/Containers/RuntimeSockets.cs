using System.Text;

namespace Runtime.Agent.Containers;

/// <summary>Where container runtimes listen: whom we ask, and whose callers command every container of the node.</summary>
internal static class RuntimeSockets
{
    /// <summary>Speak the CRI.</summary>
    public static readonly IReadOnlyList<string> Cri =
    [
        "/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", "/run/crio/crio.sock",
        "/var/snap/microk8s/common/run/containerd.sock", "/run/k0s/containerd.sock", "/run/cri-dockerd.sock",
    ];

    /// <summary>Speak Docker's API: Docker's and Podman's.</summary>
    public static readonly IReadOnlyList<string> Docker = ["/run/docker.sock", "/run/podman/podman.sock"];

    /// <summary>Last parts of such paths, wherever they lie; at most 31 bytes, as the kernel side compares them.</summary>
    public static readonly IReadOnlyList<string> Names =
        [.. Cri.Concat(Docker).Select(path => path[(path.LastIndexOf('/') + 1)..]).Distinct(), "containerd.sock.ttrpc", "dockershim.sock", "buildkitd.sock", "nerdctl.sock"];

    /// <summary>Folders that hold them: a container that has one mounted has the sockets in it.</summary>
    private static readonly string[] Folders = ["/containerd", "/docker", "/crio", "/podman"];

    /// <summary>A path as a process names it, or a name without a file that begins with '@'.</summary>
    public static bool Contains(string path) =>
        Names.Contains(path[(path.LastIndexOf('/') + 1)..]) || path.Contains("/containerd/s/", StringComparison.Ordinal) || path.StartsWith("@/containerd-shim/", StringComparison.Ordinal);

    /// <summary>A socket, or the folder of some, by the host's path.</summary>
    public static bool IsReach(string hostPath) =>
        (hostPath.StartsWith("/run/", StringComparison.Ordinal) || hostPath.StartsWith("/var/run/", StringComparison.Ordinal))
        && (Contains(hostPath) || Folders.Any(folder => hostPath.EndsWith(folder, StringComparison.Ordinal)));

    /// <summary>For the kernel side.</summary>
    public static IEnumerable<byte[]> KernelNames() => Names.Select(Encoding.UTF8.GetBytes);
}
