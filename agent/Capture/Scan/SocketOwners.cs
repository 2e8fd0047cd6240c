using System.Buffers.Text;
using System.Text;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Scan;

/// <summary>Which process holds a socket: the links of /proc/PID/fd, youngest processes first. One thread.</summary>
/// <param name="procRoot">Usually /proc.</param>
internal sealed unsafe class SocketOwners(string procRoot)
{
    /// <summary>Links read in one search; a process with a hundred thousand descriptors is not allowed to hold the thread.</summary>
    private const int MaxLinks = 32_768;

    private readonly byte[] _target = new byte[64];

    public ulong LinksRead { get; private set; }

    /// <summary>Fills <paramref name="owners"/> with pids by socket inode, for as many of <paramref name="wanted"/> as it finds.</summary>
    /// <param name="wanted">Emptied of what was found.</param>
    public void Find(HashSet<uint> wanted, IEnumerable<Sighting> candidates, Dictionary<uint, uint> owners)
    {
        var left = MaxLinks;
        foreach (var process in candidates.Where(p => p.Image is not null).OrderByDescending(p => p.StartBootNs))
        {
            if (wanted.Count == 0 || left <= 0)
                return;
            left -= Read(process.Pid, wanted, owners);
        }
    }

    private int Read(uint pid, HashSet<uint> wanted, Dictionary<uint, uint> owners)
    {
        var read = 0;
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries($"{procRoot}/{pid}/fd"))
            {
                read++;
                if (InodeOf(path) is var inode and not 0 && wanted.Remove(inode))
                    owners[inode] = pid;
                if (wanted.Count == 0)
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile; its sockets are found with another owner or told as not attributable.
        }
        LinksRead += (ulong)read;
        return read;
    }

    // socket:[12345]
    private uint InodeOf(string path)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (byte* t = _target)
        {
            var length = (long)readlink(p, t, (Tmds.Linux.size_t)(ulong)_target.Length);
            var link = _target.AsSpan(0, (int)Math.Max(0, length));
            return link.StartsWith("socket:["u8) && Utf8Parser.TryParse(link[8..], out uint inode, out _) ? inode : 0;
        }
    }
}
