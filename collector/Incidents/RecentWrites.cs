namespace Runtime.Collector.Incidents;

/// <summary>One process on one boot of its node.</summary>
/// <param name="Container">Container id; empty for the host.</param>
internal readonly record struct ProcessKey(string Container, uint Pid, ulong StartBootNs);

/// <param name="Time">UTC ticks.</param>
internal sealed record RecentWrite(string Container, string Path, string Binary, uint Pid, ulong StartBootNs, long Time)
{
    [global::System.Text.Json.Serialization.JsonIgnore]
    public ProcessKey Writer => new(Container, Pid, StartBootNs);
}

/// <summary>Who wrote which file lately: joins "wrote" to "executed".</summary>
internal sealed class RecentWrites
{
    public const int Capacity = 512;

    /// <summary>By container and path. At most <see cref="Capacity"/>; the oldest leaves.</summary>
    private readonly Dictionary<(string Container, string Path), LinkedListNode<RecentWrite>> _byPath = [];
    private readonly LinkedList<RecentWrite> _byAge = [];

    /// <summary>Oldest first.</summary>
    public IEnumerable<RecentWrite> All => _byAge;

    public void Add(RecentWrite write)
    {
        var key = (write.Container, write.Path);
        if (_byPath.Remove(key, out var before))
        {
            _byAge.Remove(before);
        }

        _byPath[key] = _byAge.AddLast(write);
        if (_byPath.Count > Capacity)
        {
            var oldest = _byAge.First!.Value;
            _byAge.RemoveFirst();
            _byPath.Remove((oldest.Container, oldest.Path));
        }
    }

    /// <returns>Null when the file was not written since <paramref name="since"/> (UTC ticks), as far as was seen.</returns>
    public RecentWrite? Find(string container, string path, long since) =>
        path.Length > 0 && _byPath.TryGetValue((container, path), out var node) && node.Value.Time >= since ? node.Value : null;
}
