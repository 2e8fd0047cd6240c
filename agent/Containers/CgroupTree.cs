using System.Globalization;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Containers;

/// <summary>Cgroup key to path. Filled by a walk, kept by the kernel's events, repaired by asking the kernel for the handle. Capture thread.</summary>
/// <remarks>The id of a cgroup is the number of its directory's inode and at once its file handle (kernfs, FILEID_KERNFS).</remarks>
internal sealed unsafe class CgroupTree
{
    private const int FileHandleKernfs = 0xfe; // FILEID_KERNFS, linux/exportfs.h, since 5.8
    private const ulong RootId = 1;
    private static readonly EnumerationOptions Below = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    private readonly int _max;
    private readonly string? _v2Root;
    private readonly string? _v1Root;
    private readonly bool _v1IsMemory;

    // Bounded by MaxCgroups: full, new ones are not kept (counted) and are asked from the kernel again. Removed by Forget.
    private readonly Dictionary<CgroupKey, string> _paths = [];

    // By hierarchy, so two at most: where the root of our own cgroup namespace lies in the mounted tree.
    private readonly Dictionary<string, string> _namespaceRoots = [];

    public CgroupTree(ContainerOptions options)
    {
        _max = options.MaxCgroups;
        var root = options.CgroupRoot.TrimEnd('/');
        if (File.Exists($"{root}/cgroup.controllers"))
            _v2Root = root;
        else if (File.Exists($"{root}/unified/cgroup.controllers"))
            _v2Root = $"{root}/unified";
        _v1IsMemory = Directory.Exists($"{root}/memory");
        if (_v2Root != root && (_v1IsMemory || Directory.Exists($"{root}/pids")))
            _v1Root = _v1IsMemory ? $"{root}/memory" : $"{root}/pids";
    }

    public int Count => _paths.Count;
    public IReadOnlyCollection<CgroupKey> Keys => _paths.Keys;
    public ulong NotKept { get; private set; }
    public ulong Repaired { get; private set; }
    public ulong RepairFailed { get; private set; }

    /// <returns>Cgroups found.</returns>
    public int Walk()
    {
        if (_v2Root is not null)
            Walk(_v2Root, 2);
        if (_v1Root is not null)
            Walk(_v1Root, 1);
        return _paths.Count;
    }

    /// <summary>Every cgroup that there is now; asks the file system, keeps nothing.</summary>
    public IEnumerable<(CgroupKey Key, string Path)> Present()
    {
        foreach (var (root, version) in new[] { (_v2Root, (byte)2), (_v1Root, (byte)1) })
        {
            foreach (var path in root is null ? [] : Directory.EnumerateDirectories(root, "*", Below))
            {
                if (InodeOf(path) is var inode and not 0)
                    yield return (new(inode, version), path[root!.Length..]);
            }
        }
    }

    /// <summary>Processes that are in the cgroup itself, as the reader's pid namespace numbers them; those that it cannot name are left out.</summary>
    public IReadOnlyList<uint> Members(string path)
    {
        var members = new List<uint>();
        foreach (var root in new[] { _v2Root, _v1Root })
        {
            if (root is null || members.Count > 0 || path.Length < 2)
                continue;
            try
            {
                members.AddRange(File.ReadLines($"{root}{path}/cgroup.procs").Select(line => uint.Parse(line, CultureInfo.InvariantCulture)).Where(pid => pid != 0));
            }
            catch (IOException)
            {
                // Gone meanwhile, or a threaded cgroup, which lists no processes.
            }
        }
        return members;
    }

    public void OnMade(CgroupKey key, ReadOnlySpan<byte> path) => Keep(key, Encoding.UTF8.GetString(path));

    public void Forget(CgroupKey key) => _paths.Remove(key);

    /// <returns>From the root of its hierarchy; null when neither the tree nor the kernel nor the process can tell (now).</returns>
    public string? PathOf(CgroupKey key, Func<ProcCgroup?>? ofProcess)
    {
        if (key.Id == RootId)
            return "/";
        if (_paths.TryGetValue(key, out var path))
            return path;
        path = ByHandle(key) ?? ByProcess(key, ofProcess);
        if (path is null)
        {
            RepairFailed++;
            return null;
        }
        Repaired++;
        if (key.Id != 0)
            Keep(key, path);
        return path;
    }

    /// <summary>As the kernel's events name it: v2's, or v1's memory (else pids) where the process is at v2's root.</summary>
    public CgroupKey KeyOf(ProcCgroup cgroup)
    {
        var v1 = _v1IsMemory ? cgroup.Memory : cgroup.Pids;
        if (cgroup.V2 is not null && (cgroup.V2 != "/" || v1 is null or "/" || _v1Root is null))
            return _v2Root is null ? default : new(cgroup.V2 == "/" ? RootId : InodeOf(_v2Root + Mounted(_v2Root, cgroup.V2)), 2);
        return v1 is null || _v1Root is null ? default : new(v1 == "/" ? RootId : InodeOf(_v1Root + Mounted(_v1Root, v1)), 1);
    }

    private void Keep(CgroupKey key, string path)
    {
        if (_paths.Count < _max || _paths.ContainsKey(key))
            _paths[key] = path;
        else
            NotKept++;
    }

    private void Walk(string root, byte version)
    {
        foreach (var path in Directory.EnumerateDirectories(root, "*", Below))
        {
            if (InodeOf(path) is var inode and not 0)
                Keep(new(inode, version), path[root.Length..]);
        }
    }

    private string? ByHandle(CgroupKey key)
    {
        var root = key.Version == 1 ? _v1Root : _v2Root;
        if (root is null || key.Id == 0)
            return null;
        int mount;
        fixed (byte* p = Encoding.UTF8.GetBytes(root + "\0"))
            mount = open(p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (mount < 0)
            return null;
        try
        {
            // struct file_handle { u32 bytes; s32 type; u8 handle[8]; }
            var handle = stackalloc ulong[2];
            ((uint*)handle)[0] = 8;
            ((int*)handle)[1] = FileHandleKernfs;
            handle[1] = key.Id;
            var fd = open_by_handle_at(mount, (file_handle*)handle, O_PATH | O_CLOEXEC);
            if (fd < 0)
                return null;
            try
            {
                var buffer = stackalloc byte[4096];
                fixed (byte* link = Encoding.UTF8.GetBytes($"/proc/self/fd/{fd}\0"))
                {
                    var length = (long)readlink(link, buffer, (size_t)4096ul);
                    var path = length > 0 ? Encoding.UTF8.GetString(buffer, (int)length) : "";
                    return path.StartsWith(root + "/", StringComparison.Ordinal) ? path[root.Length..] : null;
                }
            }
            finally
            {
                _ = close(fd);
            }
        }
        finally
        {
            _ = close(mount);
        }
    }

    /// <summary>The process's own file, if it is that cgroup still. An id of 0 takes whatever the process tells.</summary>
    private string? ByProcess(CgroupKey key, Func<ProcCgroup?>? ofProcess)
    {
        if (ofProcess?.Invoke() is not { } cgroup)
            return null;
        if (key.Id != 0 && KeyOf(cgroup) != key)
            return null;
        if (cgroup.V2 is not null and not "/" && _v2Root is not null)
            return Mounted(_v2Root, cgroup.V2);
        var v1 = _v1IsMemory ? cgroup.Memory : cgroup.Pids;
        return v1 is not null && _v1Root is not null ? Mounted(_v1Root, v1) : v1 ?? cgroup.V2;
    }

    /// <summary>A path of /proc/PID/cgroup as the mounted tree has it.</summary>
    // 0::/kubepods.slice/…            on the host
    // 0::/../../kubepods.slice/…      from a cgroup namespace of our own, which an unprivileged pod on v2 has: cgroup_namespaces(7)
    private string Mounted(string hierarchy, string path)
    {
        if (!path.StartsWith("/..", StringComparison.Ordinal))
            return path;
        if (!_namespaceRoots.TryGetValue(hierarchy, out var root))
            _namespaceRoots[hierarchy] = root = OwnPath(hierarchy);
        return Path.GetFullPath(root + path);
    }

    /// <summary>The directory that lists our own process; "" when none does.</summary>
    private static string OwnPath(string hierarchy)
    {
        var own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var path in Directory.EnumerateDirectories(hierarchy, "*", Below))
        {
            try
            {
                if (File.ReadLines(path + "/cgroup.procs").Contains(own))
                    return path[hierarchy.Length..];
            }
            catch (IOException)
            {
                // Gone meanwhile, or a threaded cgroup, which lists no processes.
            }
        }
        return "";
    }

    /// <returns>0 when there is no such directory.</returns>
    private static ulong InodeOf(string path)
    {
        stat file;
        fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
            return LibC.stat(p, &file) == 0 ? (ulong)file.st_ino : 0;
    }
}
