using System.Diagnostics;
using System.Text.Json;

namespace Runtime.Pods;

/// <summary>Takes away all that a node put on the machine, whether its containerd still answers or not. Running it twice does no harm.</summary>
internal static class NodeSweep
{
    private const string RuncState = "/run/containerd/runc/k8s.io";
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(NodeRecord record)
    {
        // Containerd and the shims first: they would bring back or hold what is taken away below.
        await EndAsync(ProcessesNaming(record.Folder));
        var containers = Containers(record.Folder).ToList();
        await EndAsync(containers.SelectMany(container => container.Processes()));
        foreach (var container in containers)
        {
            await Command.TryAsync("runc", "--root", RuncState, "delete", "--force", container.Id);
            DeleteFile(container.ShimSocket);
            if (container.NetworkNamespace is { } network)
            {
                await Command.TryAsync("umount", "--lazy", network);
                DeleteFile(network);
            }
        }

        // Deepest first: a mount below another must go before it.
        foreach (var mount in MountsBelow(record.Folder).Reverse())
        {
            await Command.TryAsync("umount", "--lazy", mount);
        }

        if (File.Exists("/run/netns/" + record.Name))
        {
            await Command.RunAsync("ip", "netns", "del", record.Name);
        }

        RemoveCgroups(record.PodUids);
        if (Directory.Exists(record.Folder))
        {
            Directory.Delete(record.Folder, recursive: true);
        }

        record.Forget();
    }

    /// <summary>What of the node is still there, in words; empty when nothing is.</summary>
    public static IReadOnlyList<string> Remains(NodeRecord record) =>
    [
        .. ProcessesNaming(record.Folder).Select(pid => $"process {pid}"),
        .. MountsBelow(record.Folder).Select(mount => $"mount {mount}"),
        .. CgroupsOf(record.PodUids).Select(cgroup => $"cgroup {cgroup}"),
        .. new[] { record.Folder, "/run/netns/" + record.Name }.Where(Path.Exists).Select(path => $"path {path}"),
    ];

    /// <summary>Processes whose command line names the folder: its containerd and shims. The folder's name is random, so that nobody else's is hit.</summary>
    public static IEnumerable<int> ProcessesNaming(string folder)
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), out var pid)
                && pid != Environment.ProcessId
                && TryRead(path + "/cmdline") is { } line
                && line.Split('\0').Any(argument => argument.StartsWith(folder + "/", StringComparison.Ordinal)))
            {
                yield return pid;
            }
        }
    }

    private static async Task EndAsync(IEnumerable<int> pids)
    {
        foreach (var pid in pids.ToList())
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                process.Kill();
                using var timeout = new CancellationTokenSource(EndLimit);
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // It has ended by itself.
            }
        }
    }

    private static IEnumerable<Leftover> Containers(string folder)
    {
        var bundles = Path.Combine(folder, "state/io.containerd.runtime.v2.task/k8s.io");
        return Directory.Exists(bundles) ? Directory.EnumerateDirectories(bundles).Select(Leftover.Read) : [];
    }

    // /proc/self/mountinfo:  36 35 98:0 /root /mount\040point rw,noatime - ext3 /dev/root rw   field 5 is the mount point
    private static IEnumerable<string> MountsBelow(string folder) => File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' ')[4])
        .Where(mount => mount.StartsWith(folder + "/", StringComparison.Ordinal));

    private static void RemoveCgroups(IReadOnlyList<string> podUids)
    {
        foreach (var cgroup in CgroupsOf(podUids).OrderByDescending(path => path.Length))
        {
            RemoveEmpty(cgroup);
            // runc takes away only its own leaf; the levels above the pod are the kubelet's. One that is in use stays.
            for (var parent = Path.GetDirectoryName(cgroup)!; Path.GetFileName(parent) is "burstable" or "kubepods" or "kubepods.slice" or "kubepods-burstable.slice"; parent = Path.GetDirectoryName(parent)!)
            {
                RemoveEmpty(parent);
            }
        }
    }

    private static void RemoveEmpty(string cgroup)
    {
        try
        {
            Directory.Delete(cgroup);
        }
        catch (IOException)
        {
            // Busy: another node's pods are below, or it is gone.
        }
    }

    /// <summary>In every hierarchy, the cgroups at and below a pod's.</summary>
    private static IEnumerable<string> CgroupsOf(IReadOnlyList<string> podUids)
    {
        var names = podUids.SelectMany(uid => new[] { uid, uid.Replace('-', '_') }).ToList();
        return names.Count == 0
            ? []
            : Directory.EnumerateDirectories("/sys/fs/cgroup", "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
                .Where(path => names.Any(name => path.Contains(name, StringComparison.Ordinal)));
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void DeleteFile(string? path)
    {
        if (path is not null && File.Exists(path))
        {
            File.Delete(path);
        }
    }

    /// <summary>A container's bundle, as containerd left it.</summary>
    private sealed record Leftover(string Id, int? InitPid, string? ShimSocket, string? NetworkNamespace)
    {
        public static Leftover Read(string bundle)
        {
            // The file `address` holds "unix:///run/containerd/s/<hash>".
            var address = TryRead(Path.Combine(bundle, "address"))?.Replace("unix://", "", StringComparison.Ordinal);
            int? init = int.TryParse(TryRead(Path.Combine(bundle, "init.pid")), out var pid) ? pid : null;
            return new Leftover(Path.GetFileName(bundle), init, address, NetworkOf(TryRead(Path.Combine(bundle, "config.json"))));
        }

        /// <summary>Its first process, if the pid is still that process: the rest of its pid namespace ends with it.</summary>
        public IEnumerable<int> Processes() =>
            InitPid is { } pid && TryRead($"/proc/{pid}/cgroup") is { } cgroups && cgroups.Contains(Id, StringComparison.Ordinal) ? [pid] : [];

        private static string? NetworkOf(string? config)
        {
            if (config is null)
            {
                return null;
            }

            using var json = JsonDocument.Parse(config);
            return json.RootElement.GetProperty("linux").GetProperty("namespaces").EnumerateArray()
                .Where(space => space.GetProperty("type").GetString() == "network" && space.TryGetProperty("path", out _))
                .Select(space => space.GetProperty("path").GetString())
                .FirstOrDefault(path => path!.StartsWith("/run/netns/cni-", StringComparison.Ordinal) || path.StartsWith("/var/run/netns/cni-", StringComparison.Ordinal));
        }
    }
}
