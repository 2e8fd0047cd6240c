using System.Text;
using Runtime.Agent.Binaries;
using Runtime.Agent.Interop;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Packages;

/// <summary>A container's root folder, held open: reads regular files in it, and follows its links as the container would. Paths are Latin-1, a character a byte. One thread.</summary>
internal sealed class ContainerRoot : IDisposable
{
    private readonly int _folder;
    private readonly string _path;

    private ContainerRoot(int folder)
    {
        _folder = folder;
        _path = Encoding.Latin1.GetString(ContentReader.PathOf(folder)).TrimEnd('/');
    }

    /// <summary>Of files read since start.</summary>
    public long BytesRead { get; private set; }

    /// <param name="path">Of the host's own, that no container has a say in.</param>
    /// <returns>Null when it is not there.</returns>
    public static ContainerRoot? Open(string path)
    {
        var folder = LinuxCalls.Open(path, RootedPath.PathOnly);
        return folder < 0 ? null : new(folder);
    }

    /// <returns>Null when nothing is there; of a link itself.</returns>
    public FileIdentity? Look(string path)
    {
        var file = RootedPath.Open(_folder, path, RootedPath.PathOnly | RootedPath.NoFollow);
        if (file < 0)
            return null;
        var found = ContentReader.Stat(file);
        _ = close(file);
        return found?.Identity;
    }

    /// <param name="isLinkMeant">A link at the end is followed; else it is no file.</param>
    /// <returns>Null when it is not there, is no regular file, cannot be read, or is larger.</returns>
    public byte[]? Read(string path, int maxBytes, bool isLinkMeant = false)
    {
        byte[]? bytes = null;
        Read(path, maxBytes, (readAt, size) =>
        {
            bytes = new byte[size];
            if (readAt(0, bytes) < bytes.Length)
                bytes = null;
        }, isLinkMeant);
        return bytes;
    }

    /// <summary>Hands over a file for the time of a call, with its size; nothing is called when it is not there, is no regular file, cannot be read, or is larger.</summary>
    /// <param name="isLinkMeant">A link at the end is followed; else it is no file.</param>
    public void Read(string path, long maxBytes, Action<ReadAt, long> read, bool isLinkMeant = false)
    {
        var pinned = RootedPath.Open(_folder, path, RootedPath.PathOnly | (isLinkMeant ? 0 : RootedPath.NoFollow));
        if (pinned < 0)
            return;
        // Whose open would wait or act is not opened.
        var size = ContentReader.Stat(pinned) is var (identity, isRegular) && isRegular && identity.Size <= (ulong)maxBytes ? (long)identity.Size : -1;
        var file = size < 0 ? -1 : ContentReader.Reopen(pinned);
        _ = close(pinned);
        if (file < 0)
            return;
        read((offset, target) =>
        {
            var got = ContentReader.ReadAt(file, offset, target);
            BytesRead += got;
            return got;
        }, size);
        _ = close(file);
    }

    /// <returns>Names in a folder, at most so many; empty when there is none.</returns>
    public IReadOnlyList<string> Names(string path, int most)
    {
        var folder = RootedPath.Open(_folder, path, RootedPath.PathOnly);
        if (folder < 0)
            return [];
        try
        {
            return [.. Directory.EnumerateFiles($"/proc/self/fd/{folder}", "*", new EnumerationOptions { AttributesToSkip = 0, ReturnSpecialDirectories = false }).Take(most).Select(file => Path.GetFileName(file))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No folder: it has no names.
            return [];
        }
        finally
        {
            _ = close(folder);
        }
    }

    /// <returns>Where a folder lies once its links are followed, from the root and without a slash before it; null when it is not there.</returns>
    public string? Resolve(string path)
    {
        var folder = RootedPath.Open(_folder, path, RootedPath.PathOnly);
        if (folder < 0)
            return null;
        var real = Encoding.Latin1.GetString(ContentReader.PathOf(folder));
        _ = close(folder);
        return real.StartsWith(_path + "/", StringComparison.Ordinal) ? real[(_path.Length + 1)..] : null;
    }

    public void Dispose() => _ = close(_folder);
}
