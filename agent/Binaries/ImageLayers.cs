using System.Text;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Containers;
using Runtime.Agent.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Binaries;

/// <summary>Whether a file is its image's own, as the runtime unpacked it: then, and only then, the image names its content on every node. One thread.</summary>
/// <remarks>
/// A container may mount an overlay of its own, or a file of its own over the image's, and choose size and mtime. So nothing of
/// its mounts is asked. What is proven instead:
/// the overlay is mounted in the host's namespace where the runtime says the container's root is, or at a place that names the
/// container, as containerd's do: it is no image or volume that the container was given beside its own;
/// its upper folder has nothing at the file's path, not even the mark of a removal: the container never wrote to it;
/// a lower folder has a file of the same number, size, mtime and ctime there;
/// that file was not changed after its layer was unpacked, by which root of the host and an escaped container are seen.
/// </remarks>
/// <param name="hostProc">The folder of /proc of a process that sees the host's mounts.</param>
/// <param name="unpackNs">From the making of a layer's folder to its last file, at most. A layer that takes longer is read here, no worse.</param>
internal sealed class ImageLayers(string hostProc, long unpackNs = 10 * 60 * 1_000_000_000L)
{
    // Bounded. A container keeps its overlay, and an overlay its number, as long as the container lives.
    private readonly RecentFiles<(string Container, uint Device), MountEntry> _overlays = new(1024);

    /// <summary>Of the machine: an agent in a pod has mounts of its own.</summary>
    public static ImageLayers Of(ContainerOptions options) =>
        new($"{options.ProcRoot}/{(options.HostRoot == "/" ? "self" : "1")}");

    /// <param name="identity">As it is now, its device the overlay's.</param>
    /// <param name="path">In the overlay, from the container's root.</param>
    public bool Hold(ContainerRecord container, in FileIdentity identity, byte[] path)
    {
        // Overlays have no disk of their own. One whose folders lie on several disks tells other devices or numbers.
        if (identity.Device >> 20 != 0 || OverlayOf(container, identity.Device) is not { } overlay)
            return false;
        var text = Encoding.Latin1.GetString(path);
        if (overlay.UpperFolder.Length > 0 && !IsAbsent(overlay.UpperFolder, text))
            return false;
        foreach (var folder in overlay.LowerFolders)
        {
            if (IsAt(folder, text, identity))
                return true;
        }
        return false;
    }

    /// <returns>Where the host sees the container's root; null when the device is not the root that a runtime made for it.</returns>
    public string? RootOf(ContainerRecord container, uint device) =>
        device >> 20 == 0 && OverlayOf(container, device) is { } overlay ? $"{hostProc}/root{overlay.Point}" : null;

    /// <summary>The container is proven to have written nothing at a path, nor to have removed what was there.</summary>
    public bool IsUntouched(ContainerRecord container, uint device, string path) =>
        OverlayOf(container, device) is { } overlay && (overlay.UpperFolder.Length == 0 || IsAbsent(overlay.UpperFolder, path));

    /// <summary>The container is proven to have a file of its own at a path. Not the opposite of <see cref="Hold"/>: of some files neither is proven.</summary>
    public bool HasWritten(ContainerRecord container, uint device, byte[] path) =>
        OverlayOf(container, device) is { UpperFolder.Length: > 0 } overlay && Look(overlay.UpperFolder, Encoding.Latin1.GetString(path)) == 0;

    // Not known is not absent: the container may hide its file behind renames.
    private bool IsAbsent(string folder, string path) => Look(folder, path) == ENOENT;

    private int Look(string folder, string path)
    {
        var root = LinuxCalls.Open($"{hostProc}/root{folder}", RootedPath.PathOnly);
        if (root < 0)
            return EACCES;
        var found = RootedPath.Look(root, path);
        _ = close(root);
        return found;
    }

    private bool IsAt(string folder, string path, in FileIdentity identity)
    {
        var root = LinuxCalls.Open($"{hostProc}/root{folder}", RootedPath.PathOnly);
        if (root < 0)
            return false;
        var born = BirthOf(root);
        var file = RootedPath.Open(root, path, RootedPath.PathOnly | RootedPath.NoFollow);
        _ = close(root);
        if (file < 0)
            return false;
        var found = ContentReader.Stat(file);
        _ = close(file);
        // The device is the disk's here and the overlay's there.
        return found is var (lower, isRegular) && isRegular && lower with { Device = identity.Device } == identity
            && born is { } made && lower.ChangedNs - made <= unpackNs;
    }

    /// <returns>Unix nanoseconds; null where the file system does not keep it.</returns>
    private static unsafe long? BirthOf(int folder)
    {
        statx found;
        byte empty = 0;
        return statx(folder, &empty, AT_EMPTY_PATH, STATX_BTIME, &found) == 0 && (found.stx_mask & STATX_BTIME) != 0
            ? found.stx_btime.tv_sec * 1_000_000_000 + found.stx_btime.tv_nsec
            : null;
    }

    private MountEntry? OverlayOf(ContainerRecord container, uint device)
    {
        if (_overlays.TryGet((container.Id, device), out var known))
            return known;
        var number = $" 0:{device & 0xFFFFF} ";
        try
        {
            foreach (var line in File.ReadLines($"{hostProc}/mountinfo", Encoding.Latin1))
            {
                if (line.Contains(number, StringComparison.Ordinal) && MountText.Parse(Encoding.Latin1.GetBytes(line)) is [{ Type: "overlay" } mount]
                    && mount.Device == device && (mount.Point == container.RootFolder || mount.Point.Split('/').Contains(container.Id)))
                {
                    _overlays.Set((container.Id, device), mount);
                    return mount;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the host's mounts nothing is known of layers: the file is read here.
        }
        return null;
    }
}
