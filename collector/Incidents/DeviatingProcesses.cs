namespace Runtime.Collector.Incidents;

/// <param name="IncidentId">The incident that it belongs to.</param>
internal sealed record DeviatingProcess(string Container, uint Pid, ulong StartBootNs, string IncidentId)
{
    [global::System.Text.Json.Serialization.JsonIgnore]
    public ProcessKey Key => new(Container, Pid, StartBootNs);
}

/// <summary>Which processes belong to which incident.</summary>
/// <param name="capacity">The oldest leaves beyond it: what runs below it then joins by its cause.</param>
internal sealed class DeviatingProcesses(int capacity)
{
    /// <summary>Bounded by the capacity.</summary>
    private readonly Dictionary<ProcessKey, LinkedListNode<(ProcessKey Key, HeldIncident Incident)>> _byKey = [];
    private readonly LinkedList<(ProcessKey Key, HeldIncident Incident)> _byAge = [];

    public int Count => _byKey.Count;

    public HeldIncident? Find(ProcessKey key) => _byKey.TryGetValue(key, out var node) ? node.Value.Incident : null;

    public void Add(ProcessKey key, HeldIncident incident)
    {
        if (_byKey.Remove(key, out var before))
        {
            _byAge.Remove(before);
        }

        _byKey[key] = _byAge.AddLast((key, incident));
        if (_byKey.Count > capacity)
        {
            _byKey.Remove(_byAge.First!.Value.Key);
            _byAge.RemoveFirst();
        }
    }

    public void RemoveAll(HeldIncident incident)
    {
        for (var node = _byAge.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Incident == incident)
            {
                _byKey.Remove(node.Value.Key);
                _byAge.Remove(node);
            }

            node = next;
        }
    }

    /// <summary>Oldest first.</summary>
    public List<DeviatingProcess> Save() =>
        _byAge.Select(entry => new DeviatingProcess(entry.Key.Container, entry.Key.Pid, entry.Key.StartBootNs, entry.Incident.Record.Id)).ToList();
}
