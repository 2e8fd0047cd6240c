using System.Text;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Connector;

/// <summary>The mount namespaces that processes live in: marks their file systems, and knows their paths. Capture thread only.</summary>
/// <param name="hostRoot">The host's file system, without a closing slash.</param>
/// <param name="content">Who wrote what; also opens of sensitive files.</param>
/// <param name="names">What was created, removed and renamed; null where the kernel lacks it.</param>
/// <param name="execution">What was opened to be executed; null where the kernel lacks it.</param>
internal sealed unsafe class Mounts(string procRoot, string hostRoot, SensitivePaths sensitive, FanotifyGroup content, FanotifyGroup? names, FanotifyGroup? execution)
{
    /// <summary>Namespaces known; beyond it their own file systems are not marked, and counted.</summary>
    private const int MaxNamespaces = 4096;

    // Where files lie that outlive a look. Others are the kernel's own, or could make us wait for a server of somebody else's.
    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal) { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "overlay", "tmpfs", "ramfs", "vfat", "exfat", "zfs", "bcachefs", "squashfs", "erofs", "iso9660" };

    // By the namespace's inode; bounded by MaxNamespaces. Removed by Refresh when no process lives in it.
    private readonly Dictionary<uint, MountView> _views = [];

    // When a namespace was first met, Environment.TickCount64; bounded as _views, and emptied by Refresh.
    private readonly Dictionary<uint, long> _met = [];

    // Bounded by the kernel's mounts; file systems' numbers are used again, so Refresh forgets those that no namespace has.
    private readonly HashSet<uint> _marked = [];

    // f_fsid → where the host has it mounted. Bounded as _marked.
    private readonly Dictionary<ulong, string> _places = [];

    private MountView _host = new([]);
    private uint _hostNamespace;

    public int Marked => _marked.Count;
    public ulong MarksRefused { get; private set; }
    public ulong NotFollowed { get; private set; }

    /// <summary>The host's mounts.</summary>
    /// <param name="hostNamespace">Pid 1's; our own where that is not told.</param>
    public void TakeIn(uint hostNamespace)
    {
        _hostNamespace = hostNamespace;
        Read(hostNamespace, 1);
    }

    /// <summary>A process began in that namespace: one that is young is read again, for a runtime first makes it and then mounts.</summary>
    public void Meet(uint mountNamespace, uint pid)
    {
        if (mountNamespace == 0 || mountNamespace == _hostNamespace)
            return;
        var now = Environment.TickCount64;
        if (!_views.ContainsKey(mountNamespace))
            _met[mountNamespace] = now;
        if (_met.TryGetValue(mountNamespace, out var met) && now - met < UpperLayers.YoungMilliseconds)
            Read(mountNamespace, pid);
    }

    /// <summary>Reads the mounts of each namespace again, by a process that lives in it.</summary>
    public void Refresh(IReadOnlyDictionary<uint, uint> living)
    {
        foreach (var gone in _views.Keys.Where(n => n != _hostNamespace && !living.ContainsKey(n)).ToArray())
            _views.Remove(gone);
        foreach (var old in _met.Where(m => Environment.TickCount64 - m.Value > UpperLayers.YoungMilliseconds).Select(m => m.Key).ToArray())
            _met.Remove(old);
        foreach (var (mountNamespace, pid) in living)
            Read(mountNamespace, mountNamespace == _hostNamespace ? 1 : pid);
        _marked.IntersectWith(_views.Values.SelectMany(v => v.Entries).Select(e => e.Device));
    }

    /// <summary>A path that the host names, as a process in the namespace does.</summary>
    public byte[] Translate(byte[] hostPath, uint mountNamespace)
    {
        if (mountNamespace == _hostNamespace || !_views.TryGetValue(mountNamespace, out var known))
            return hostPath;
        return Encoding.Latin1.GetBytes(known.Translate(Encoding.Latin1.GetString(hostPath), _host));
    }

    /// <summary>The file is not the image's: it lies in the upper folder of the overlay that the path is on.</summary>
    public bool IsUpper(ReadOnlySpan<byte> path, uint mountNamespace) =>
        mountNamespace != _hostNamespace && _views.TryGetValue(mountNamespace, out var known) && UpperLayers.Holds(hostRoot, known, path);

    /// <summary>Opens a folder by its handle; the caller closes it.</summary>
    /// <returns>-1 when it is gone, or its file system is not the host's.</returns>
    public int OpenFolder(ulong fileSystem, ReadOnlySpan<byte> handle)
    {
        if (!_places.TryGetValue(fileSystem, out var place))
            return -1;
        // Opened for the moment: an open folder would keep the file system from being unmounted.
        var mount = LinuxCalls.Open(place, 0x80000);
        if (mount < 0)
            return -1;
        fixed (byte* p = handle)
        {
            var folder = LinuxCalls.open_by_handle_at(mount, p, unchecked((int)RootedPath.PathOnly));
            _ = close(mount);
            return folder;
        }
    }

    private void Read(uint mountNamespace, uint pid)
    {
        if (_views.Count >= MaxNamespaces && !_views.ContainsKey(mountNamespace))
        {
            NotFollowed++;
            return;
        }
        byte[] text;
        try
        {
            text = File.ReadAllBytes($"{procRoot}/{pid}/mountinfo");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process is gone; the next one in the namespace is asked.
            return;
        }
        var view = new MountView(MountText.Parse(text));
        _views[mountNamespace] = view;
        if (mountNamespace == _hostNamespace)
            _host = view;
        var isHost = mountNamespace == _hostNamespace;
        var root = LinuxCalls.Open(isHost ? hostRoot + "/" : $"{procRoot}/{pid}/root", RootedPath.PathOnly);
        if (root < 0)
            return;
        foreach (var entry in view.Entries)
        {
            // A container's /dev is a tmpfs of device nodes, and to be told of them is to have them opened.
            if (Kept.Contains(entry.Type) && entry.Point != "/dev" && !_marked.Contains(entry.Device))
                MarkFileSystem(root, entry, isHost);
        }
        MarkSensitive(root);
        _ = close(root);
    }

    private void MarkFileSystem(int root, MountEntry entry, bool isHost)
    {
        var place = RootedPath.Open(root, entry.Point, RootedPath.PathOnly);
        if (place < 0)
            return;
        // Another file system may be mounted over it.
        if (OpenedFile.Of(place) is { } file && (file.Device == entry.Device || entry.Type == "btrfs"))
        {
            Marks(content.MarkFileSystemOf(place, FanotifyMask.CloseWrite | FanotifyMask.Modify));
            if (execution is not null)
                Marks(execution.MarkFileSystemOf(place, FanotifyMask.OpenExec));
            _marked.Add(entry.Device);
            if (isHost && names is not null)
                MarkNames(names, place, hostRoot + entry.Point);
        }
        _ = close(place);
    }

    private void MarkNames(FanotifyGroup group, int place, string path)
    {
        // FAN_RENAME tells both names in one; before Linux 5.17 the two halves come apart.
        const FanotifyMask always = FanotifyMask.Create | FanotifyMask.Delete;
        var error = group.MarkFileSystemOf(place, always | FanotifyMask.Rename);
        if (error == EINVAL)
            error = group.MarkFileSystemOf(place, always | FanotifyMask.MovedTo);
        Marks(error);
        var facts = stackalloc byte[120];
        var readable = LinuxCalls.Open(path, 0x80000);
        if (error == 0 && readable >= 0 && LinuxCalls.fstatfs(readable, facts) == 0)
            _places[*(ulong*)(facts + 56)] = path;
        if (readable >= 0)
            _ = close(readable);
    }

    /// <summary>Files and folders of the setting that lie at one place; those "anywhere" only in root's home.</summary>
    private void MarkSensitive(int root)
    {
        foreach (var path in sensitive.Places())
        {
            var isFolder = path.EndsWith('/');
            var mask = FanotifyMask.Open | (isFolder ? FanotifyMask.OnChild : FanotifyMask.None);
            // Kubernetes writes a volume's files into a new folder behind "..data" each time.
            foreach (var place in isFolder ? new[] { path, path + "..data" } : [path])
            {
                var file = RootedPath.Open(root, place, RootedPath.PathOnly);
                if (file < 0)
                    continue;
                Marks(content.MarkFile(file, mask));
                _ = close(file);
            }
        }
    }

    private void Marks(int error) => MarksRefused += error == 0 ? 0u : 1u;
}
