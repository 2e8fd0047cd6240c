using System.Net.Sockets;

namespace Runtime.Collector.Security;

/// <summary>Puts a listening unix socket on the file system without giving anybody else a way in, and without taking a living collector's place.</summary>
internal static class LocalSocket
{
    /// <summary>sun_path of unix(7) holds 108 bytes with the closing NUL.</summary>
    public const int MaxPathBytes = 107;

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>
    /// Keeps a second collector out from now until the handle is closed or the process is gone, however it ends. Between
    /// the look at a stale socket and its removal another starting collector could else put its own there.
    /// </summary>
    /// <exception cref="IOException">Another process holds it, or the folder cannot be made or is not safe.</exception>
    public static FileStream Lock(string path, uint? group)
    {
        PrepareFolder(Path.GetDirectoryName(path)!, group);
        try
        {
            // FileShare.None is flock(2) on Linux.
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when (File.Exists(path + ".lock"))
        {
            throw new IOException($"another collector is starting or running on {path}{Holder(path)}: stop it, or set Listen:Socket to another path", e);
        }
    }

    /// <summary>Bound and not yet listening: mode and group are right before the first peer can connect.</summary>
    /// <exception cref="IOException">A living process listens there, the path is no socket, or the file system refuses.</exception>
    public static Socket Bind(string path, uint? group)
    {
        RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, SocketMode);
            if (group is { } gid)
            {
                Libc.ChangeGroup(path, gid);
            }

            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"cannot listen on {path}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void PrepareFolder(string folder, uint? group)
    {
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, FolderMode);

            // The process's umask may have taken bits away.
            File.SetUnixFileMode(folder, FolderMode);
            if (group is { } gid)
            {
                Libc.ChangeGroup(folder, gid);
            }

            return;
        }

        var mode = File.GetUnixFileMode(folder);
        if (mode.HasFlag(UnixFileMode.OtherWrite) && !mode.HasFlag(UnixFileMode.StickyBit))
        {
            throw new IOException($"the folder {folder} can be written by everybody (mode {Convert.ToString((int)mode, 8)}): another user could put a false socket in our place; chmod o-w it");
        }
    }

    private static void RemoveStale(string path)
    {
        if (Libc.FileType(path) is not { } type)
        {
            return;
        }

        // connect(2) refuses every other file just as it refuses a dead socket.
        if (type != Libc.SocketType)
        {
            throw new IOException($"{path} is there and is not a unix socket: it is not ours to remove; delete it or set Listen:Socket to another path");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            // Its process is gone: the file is all that is left.
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException($"cannot tell whether a collector lives on {path}: {e.Message}", e);
        }

        throw new IOException($"another process listens on {path} (pid {PeerCredentials.Of(probe).Pid}): stop it, or set Listen:Socket to another path");
    }

    private static string Holder(string path)
    {
        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return $" (pid {PeerCredentials.Of(probe).Pid})";
        }
        catch (SocketException)
        {
            return "";
        }
    }
}
