using System.Text;

namespace Runtime.Agent.Capture;

/// <summary>Files whose reading is told: what the kernel side looks for by name, and the whole comparison here.</summary>
/// <remarks>
/// Four shapes: "/etc/shadow" a file; "/root/.ssh/" everything under a directory; "*/id_rsa" a file of that name anywhere;
/// "*/.ssh/" everything under a directory of that name. The kernel side looks for a directory up to six steps above the file, mounts crossed included.
/// </remarks>
internal sealed class SensitivePaths
{
    /// <summary>SENSITIVE_NAME_BYTES of events.h without the NUL: longer names are compared by their first 31 bytes there.</summary>
    private const int NameBytes = 31;

    public static readonly IReadOnlyList<string> Defaults =
    [
        "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/kubernetes/", "/var/lib/kubelet/pki/",
        "/run/secrets/kubernetes.io/serviceaccount/", "/var/run/secrets/kubernetes.io/serviceaccount/",
        "*/.ssh/", "*/.aws/", "*/.azure/", "*/.config/gcloud/", "*/.docker/config.json", "*/.kube/", "*/.git-credentials", "*/.netrc", "*/.npmrc", "*/.pypirc", "*/.pgpass",
        "*/.my.cnf", "*/.vault-token", "*/.erlang.cookie", "*/.gnupg/", "/etc/ssl/private/", "/etc/rancher/", "*/wallet.dat", "*/Login Data", "*/environ", "*/mem",
    ];

    // Bounded by the configuration: at most 512 entries.
    private readonly byte[][] _files, _directories, _fileEnds, _directoryParts;

    public SensitivePaths(IEnumerable<string> entries)
    {
        List<byte[]> files = [], directories = [], fileEnds = [], directoryParts = [];
        foreach (var entry in entries)
        {
            var anywhere = entry.StartsWith('*');
            var bytes = Encoding.UTF8.GetBytes(anywhere ? entry[1..] : entry);
            var list = (anywhere, entry.EndsWith('/')) switch
            {
                (false, false) => files,
                (false, true) => directories,
                (true, false) => fileEnds,
                (true, true) => directoryParts,
            };
            list.Add(bytes);
        }

        (_files, _directories, _fileEnds, _directoryParts) = ([.. files], [.. directories], [.. fileEnds], [.. directoryParts]);
    }

    /// <summary>True when some entry covers everything under a directory.</summary>
    public bool HasDirectories => _directories.Length + _directoryParts.Length > 0;

    /// <summary>Last components for the kernel side, NUL-padded to 32 bytes by the caller; bit 1 a file's, bit 2 a directory's.</summary>
    public IEnumerable<(byte[] Name, byte Places)> KernelNames() =>
        _files.Concat(_fileEnds).Select(p => (Name: LastComponent(p), Place: 1))
            .Concat(_directories.Concat(_directoryParts).Select(p => (Name: LastComponent(p), Place: 2)))
            .GroupBy(n => Convert.ToHexString(n.Name))
            .Select(g => (g.First().Name, (byte)g.Aggregate(0, (places, n) => places | n.Place)));

    /// <summary>By length of <see cref="KernelNames"/>: the low five bits of their first letters, a bit each.</summary>
    public ThirtyTwoNumbers KernelFirsts()
    {
        var firsts = default(ThirtyTwoNumbers);
        foreach (var (name, _) in KernelNames())
            firsts[name.Length] |= 1u << (name[0] & 31);
        return firsts;
    }

    /// <summary>Every entry as one place in a file system, a directory with its closing slash; those anywhere in root's home.</summary>
    public IEnumerable<string> Places() =>
        _files.Concat(_directories).Select(p => Encoding.UTF8.GetString(p))
            .Concat(_fileEnds.Concat(_directoryParts).Select(p => "/root" + Encoding.UTF8.GetString(p)));

    public bool Contains(ReadOnlySpan<byte> path)
    {
        foreach (var file in _files)
            if (path.SequenceEqual(file)) return true;
        foreach (var directory in _directories)
            if (path.StartsWith(directory)) return true;
        foreach (var end in _fileEnds)
            if (path.EndsWith(end)) return true;
        foreach (var part in _directoryParts)
            if (path.IndexOf(part) >= 0) return true;
        return false;
    }

    /// <summary>What is wrong with an entry, in words; null when nothing.</summary>
    public static string? Fault(string entry)
    {
        var rest = entry.StartsWith('*') ? entry[1..] : entry;
        if (!rest.StartsWith('/') || rest.Length < 2) return "must begin with '/' or '*/' and name a file or a directory";
        if (rest.Contains("//", StringComparison.Ordinal) || rest.Contains('\0') || rest.Contains('*'))
            return "must not hold '//', NUL or a second '*'";
        return null;
    }

    private static byte[] LastComponent(byte[] path)
    {
        var text = path.AsSpan().TrimEnd((byte)'/');
        text = text[(text.LastIndexOf((byte)'/') + 1)..];
        return text[..Math.Min(text.Length, NameBytes)].ToArray();
    }
}
