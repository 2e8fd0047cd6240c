using System.Buffers;
using System.Text;

namespace Runtime.Agent.Containers;

internal enum CgroupKind : byte
{
    /// <summary>A path that no runtime makes: a service, a session, the root.</summary>
    Host,
    /// <summary>A pod's own level, above its containers.</summary>
    Pod,
    Container,
    /// <summary>No known shape: plain runc and ctr take any name. Whether it is a container only the runtimes' state tells.</summary>
    Possible,
}

/// <summary>What a cgroup's path says.</summary>
/// <param name="ContainerId">Empty unless <see cref="CgroupKind.Container"/> or <see cref="CgroupKind.Possible"/> (then the last element).</param>
/// <param name="PodUid">With dashes, as Kubernetes writes it; empty without a pod.</param>
/// <param name="Runtime">"containerd", "cri-o", "docker", "podman", "runc"; empty where the shape does not tell.</param>
internal readonly record struct CgroupPath(CgroupKind Kind, string ContainerId, string PodUid, string Runtime)
{
    private const int MaxLength = 4096;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private static readonly CgroupPath Host = new(CgroupKind.Host, "", "", "");

    // What makes the element before the id, for systemd scopes, colon forms and CRI-O's and podman's folders.
    private static readonly (string Prefix, string Runtime)[] Prefixes =
    [
        ("cri-containerd", "containerd"), ("crio", "cri-o"), ("docker", "docker"), ("libpod", "podman"),
        ("nerdctl", "containerd"), ("runc", "runc"), ("crun", "runc"),
    ];

    public static CgroupPath Parse(ReadOnlySpan<byte> path) => Parse(Encoding.UTF8.GetString(path[..Math.Min(path.Length, MaxLength)]));

    // Kubernetes, cgroupfs driver:   /kubepods/burstable/pod<uid>/<64 hex>     CRI-O: …/crio-<64 hex>    a pod of class guaranteed has no class folder
    // Kubernetes, systemd driver:    /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid_>.slice/cri-containerd-<64 hex>.scope   (crio-, docker-)
    // .slice parent, cgroupfs:       /kubepods-burstable-pod<uid_>.slice:cri-containerd:<64 hex>      also below /system.slice/containerd.service
    // Docker:                        /docker/<64 hex>    /system.slice/docker-<64 hex>.scope    system.slice:docker:<64 hex>
    // Podman:                        /libpod_parent/libpod-<64 hex>    /machine.slice/libpod-<64 hex>.scope/container
    // runc, systemd:                 /user.slice/runc-<name>.scope       plain: /<any name>
    // monitors, not containers:      crio-conmon-<id>.scope    libpod-conmon-<id>.scope
    // In a cgroup namespace:         /../../pod<uid>/<64 hex>
    // Nested: a node in a container (kind) or in nspawn puts its own path before: the first pod's container wins, because
    // what it makes below itself is a part of it; without a pod the outermost container.
    public static CgroupPath Parse(string path)
    {
        if (path.Length is 0 or > MaxLength)
            return Host;
        var elements = Array.FindAll(path.Split('/', StringSplitOptions.RemoveEmptyEntries), e => e != "..");
        CgroupPath? outermost = null, pod = null;
        var underPods = false;
        for (var i = 0; i < elements.Length; i++)
        {
            var element = elements[i];
            if (TryColonForm(element, out var colon))
            {
                if (colon.PodUid.Length > 0)
                    return colon;
                outermost ??= colon;
                continue;
            }
            underPods |= element.StartsWith("kubepods", StringComparison.Ordinal) || element.Contains("-kubepods", StringComparison.Ordinal);
            if (TryPodUid(element, underPods, out var uid))
            {
                if (i + 1 < elements.Length && TryContainer(elements[i + 1], anyName: !element.EndsWith(".slice", StringComparison.Ordinal), out var inPod))
                    return inPod with { PodUid = uid };
                pod ??= new(CgroupKind.Pod, "", uid, "");
            }
            else if (outermost is null && TryContainer(element, anyName: false, out var container))
            {
                outermost = container;
            }
        }
        return outermost ?? pod ?? (elements.Length == 0 || IsOfHost(elements) ? Host : new(CgroupKind.Possible, elements[^1], "", ""));
    }

    private static bool TryPodUid(string element, bool underPods, out string uid)
    {
        uid = "";
        if (element.EndsWith(".slice", StringComparison.Ordinal))
        {
            // kubepods-burstable-pod1f2e_….slice
            var at = element.IndexOf("-pod", StringComparison.Ordinal);
            if (at < 0 || !element.Contains("kubepods", StringComparison.Ordinal))
                return false;
            uid = element[(at + 4)..^6].Replace('_', '-');
        }
        else if (element.StartsWith("pod", StringComparison.Ordinal))
        {
            uid = element[3..].Replace('_', '-');
            // Below kubepods any name is the pod's; elsewhere (a path relative to a namespace) only a uid's form.
            if (!underPods && !IsUid(uid))
                uid = "";
        }
        return uid.Length > 0;
    }

    /// <param name="anyName">In a pod's folder every child is a container, whatever its name.</param>
    private static bool TryContainer(string element, bool anyName, out CgroupPath found)
    {
        found = default;
        var isScope = element.EndsWith(".scope", StringComparison.Ordinal);
        var name = isScope ? element[..^6] : element;
        if (name.StartsWith("crio-conmon-", StringComparison.Ordinal) || name.StartsWith("libpod-conmon-", StringComparison.Ordinal))
            return false;
        foreach (var (prefix, runtime) in Prefixes)
        {
            if (name.Length <= prefix.Length + 1 || !name.StartsWith(prefix, StringComparison.Ordinal) || name[prefix.Length] != '-')
                continue;
            var id = name[(prefix.Length + 1)..];
            // runc takes any name, and only systemd's scope shows that it is one.
            if (IsId(id) || (isScope && runtime == "runc"))
            {
                found = new(CgroupKind.Container, id, "", runtime);
                return true;
            }
        }
        if (!IsId(name) && !(anyName && !isScope))
            return false;
        found = new(CgroupKind.Container, name, "", "");
        return true;
    }

    private static bool TryColonForm(string element, out CgroupPath found)
    {
        found = default;
        var parts = element.Split(':');
        if (parts.Length != 3 || parts[2].Length == 0 || !parts[0].EndsWith(".slice", StringComparison.Ordinal))
            return false;
        var runtime = "";
        foreach (var (prefix, name) in Prefixes)
        {
            if (parts[1] == prefix)
                runtime = name;
        }
        TryPodUid(parts[0], true, out var uid);
        found = new(CgroupKind.Container, parts[2], uid, runtime);
        return true;
    }

    /// <summary>A unit of systemd's, or a runtime's own folder; what lies below a unit may be plain runc's.</summary>
    private static bool IsOfHost(string[] elements)
    {
        var last = elements[^1];
        return Path.GetExtension(last) is ".slice" or ".service" or ".scope" or ".socket" or ".mount" or ".swap"
            || last is "kubepods" or "burstable" or "besteffort" or "docker" or "libpod_parent" or "machine" or "system" or "user";
    }

    /// <summary>64 hex digits: what containerd's CRI, CRI-O, Docker and Podman make.</summary>
    public static bool IsId(string text) => text.Length == 64 && IsHex(text);

    /// <summary>8-4-4-4-12, or 32 hex digits (static pods).</summary>
    private static bool IsUid(string text) =>
        Guid.TryParseExact(text, "D", out _) || (text.Length == 32 && IsHex(text));

    private static bool IsHex(string text) => text.AsSpan().IndexOfAnyExcept(LowerHex) < 0;
}
