namespace Runtime.Agent.Processes;

/// <summary>The processes of the start, out to a recording and back.</summary>
internal sealed partial class ProcessTable
{
    /// <summary>Every living process, parents first. On the capture thread.</summary>
    public IReadOnlyList<ProcessRecord> All()
    {
        var all = new List<ProcessRecord>(_byUse.Count);
        foreach (var entry in _byUse.Where(e => !e.Exited).OrderBy(e => e.Depth))
            all.Add(Current(entry));
        return all;
    }

    /// <summary>Takes in a process of a recording's start, after its parent. Call before the first event.</summary>
    /// <param name="process">Its phase says which lineage of its container it is of; its parent is looked for by <paramref name="parent"/>.</param>
    public void Restore(ProcessRecord process, ProcessKey parent)
    {
        if (FindEntry(process.Key.Pid, process.Key.StartBootNs) is not null)
            return;
        _nowBootNs = Math.Max(_nowBootNs, process.Key.StartBootNs);
        var entry = new ProcessEntry { Record = process, Approximate = true };
        if (FindEntry(parent.Pid, parent.StartBootNs) is { } above && above != entry)
            Link(entry, above, Current(above));
        Insert(entry);
        Place(entry, process.Cgroup, process.Key.Pid);
        if (process.Flags.HasFlag(ProcessFlags.NetworkFacing))
            MarkNetworkFacing(process.Key);
        if (entry.Lineage is not (Lineage.Pending or Lineage.Unknown))
            return;
        if (process.Phase is Phase.Init or Phase.Steady && entry.Life is { HasLivingFirst: false } life)
        {
            entry.Lineage = Lineage.Main;
            life.Begin(entry, process.ExecBootNs);
            if (process.Phase == Phase.Steady)
                life.Serve();
        }
        else
        {
            entry.Lineage = process.Phase == Phase.Session ? Lineage.Session : Lineage.Unknown;
        }
    }
}
