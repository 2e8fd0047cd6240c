namespace Runtime.Collector.Incidents;

/// <summary>One process on one boot of its node.</summary>
/// <param name="Container">Container id; empty for the host.</param>
internal readonly record struct ProcessKey(string Container, uint Pid, ulong StartBootNs);

/// <summary>A file on one node, whatever its names. An inode of 0: not known.</summary>
internal readonly record struct FileId(uint Device, ulong Inode);

/// <param name="Time">UTC ticks; of the last of many writes by one process.</param>
internal sealed record RecentWrite(string Container, string Path, string Binary, uint Pid, ulong StartBootNs, long Time)
{
    public long Time { get; set; } = Time;
    public FileId File { get; init; }

    [global::System.Text.Json.Serialization.JsonIgnore]
    public ProcessKey Writer => new(Container, Pid, StartBootNs);
}

/// <summary>Who wrote which file lately: joins "wrote" to "executed".</summary>
internal sealed class RecentWrites
{
    public const int Capacity = 512;

    /// <summary>At most <see cref="Capacity"/>, oldest first; each other collection here points into it.</summary>
    private readonly LinkedList<RecentWrite> _byAge = [];
    private readonly Dictionary<(string Container, string Path), LinkedListNode<RecentWrite>> _byPath = [];
    private readonly Dictionary<(string Container, FileId File), LinkedListNode<RecentWrite>> _byFile = [];

    /// <summary>Oldest first.</summary>
    public IEnumerable<RecentWrite> All => _byAge;

    public void Add(RecentWrite write)
    {
        // Another file that had this name keeps its writer: it may live on under another one.
        if (_byPath.TryGetValue((write.Container, write.Path), out var before) && (before.Value.File.Inode == 0 || before.Value.File == write.File))
        {
            Remove(before);
        }

        var node = _byAge.AddLast(write);
        _byPath[(write.Container, write.Path)] = node;
        if (write.File.Inode != 0)
        {
            _byFile[(write.Container, write.File)] = node;
        }

        if (_byAge.Count > Capacity)
        {
            Remove(_byAge.First!);
        }
    }

    /// <summary>Forgets the oldest ones, up to the first that is not from before.</summary>
    /// <param name="before">UTC ticks.</param>
    public void Forget(long before)
    {
        while (_byAge.First is { } oldest && oldest.Value.Time < before)
        {
            Remove(oldest);
        }
    }

    /// <summary>The same process wrote the same file again. No allocation.</summary>
    /// <returns>False when another write is known under this name, or none.</returns>
    public bool Renew(ProcessKey writer, string binary, string path, FileId file, long time)
    {
        if (!_byPath.TryGetValue((writer.Container, path), out var node) || node.Value.Writer != writer || node.Value.File != file || node.Value.Binary != binary)
        {
            return false;
        }

        node.Value.Time = time;
        _byAge.Remove(node);
        _byAge.AddLast(node);
        if (file.Inode != 0)
        {
            _byFile[(writer.Container, file)] = node;
        }

        return true;
    }

    /// <param name="file">Tells more than the path, which may be one of several (hard link, bind mount, renamed folder).</param>
    /// <returns>Null when the file was not written since <paramref name="since"/> (UTC ticks), as far as was seen.</returns>
    public RecentWrite? Find(string container, string path, long since, FileId file = default) =>
        _byFile.TryGetValue((container, file), out var node) && node.Value.Time >= since
        || path.Length > 0 && _byPath.TryGetValue((container, path), out node) && node.Value.Time >= since
            ? node.Value
            : null;

    private void Remove(LinkedListNode<RecentWrite> node)
    {
        var write = node.Value;
        _byAge.Remove(node);
        if (_byPath.GetValueOrDefault((write.Container, write.Path)) == node)
        {
            _byPath.Remove((write.Container, write.Path));
        }

        if (_byFile.GetValueOrDefault((write.Container, write.File)) == node)
        {
            _byFile.Remove((write.Container, write.File));
        }
    }
}
