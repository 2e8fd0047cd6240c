using Runtime.Agent.Capture;

namespace Runtime.Agent.Processes;

/// <summary>How entries come, move between containers, and go.</summary>
internal sealed partial class ProcessTable
{
    private ulong _forks, _lateForks, _execs, _execsWithoutFork, _exits, _exitsUnknown, _exitsLost, _evicted, _graceCut, _leftContainer, _chainsCut;

    /// <summary>By name since start. Any thread: the numbers are single words, each right by itself.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["processes.forks"] = _forks,
        ["processes.forks_late"] = _lateForks,
        ["processes.execs"] = _execs,
        ["processes.execs_without_fork"] = _execsWithoutFork,
        ["processes.exits"] = _exits,
        ["processes.exits_unknown"] = _exitsUnknown,
        ["processes.exits_lost"] = _exitsLost,
        ["processes.held"] = (ulong)_byUse.Count,
        ["processes.evicted"] = _evicted,
        ["processes.grace_cut"] = _graceCut,
        ["processes.left_container"] = _leftContainer,
        ["processes.chains_cut"] = _chainsCut,
        ["processes.repaired"] = _repaired,
        ["processes.repair_failed"] = _repairFailed,
        ["processes.interner_turnovers"] = _text.Turnovers,
        ["processes.procfs_read"] = procfs?.Read ?? 0,
        ["processes.procfs_gone"] = procfs?.Gone ?? 0,
        ["processes.procfs_denied"] = procfs?.Denied ?? 0,
        ["processes.procfs_malformed"] = procfs?.Malformed ?? 0,
    };

    /// <summary>The child of a fork: its parent's image under its own key.</summary>
    private ProcessEntry AddChild(ProcessEntry parent, ProcessKey key, CgroupKey cgroup)
    {
        var above = Current(parent);
        var entry = new ProcessEntry
        {
            Record = new(above)
            {
                Key = key,
                Cgroup = cgroup,
                ExecBootNs = key.StartBootNs,
                Flags = above.Flags & ~(ProcessFlags.AtStart | ProcessFlags.ParentUnknown | ProcessFlags.NetworkFacing),
            },
        };
        Link(entry, parent, above);
        Insert(entry);
        Place(entry, cgroup, key.Pid);
        return entry;
    }

    /// <summary>A process of which nothing but its key is known.</summary>
    private ProcessEntry AddOrphan(ProcessKey key, CgroupKey cgroup)
    {
        var entry = new ProcessEntry
        {
            Record = new ProcessRecord { Key = key, Cgroup = cgroup, Binary = [], Flags = ProcessFlags.ParentUnknown, ExecBootNs = key.StartBootNs },
        };
        Insert(entry);
        Place(entry, cgroup, key.Pid);
        return entry;
    }

    /// <summary>A parent that was learnt after the child.</summary>
    private void Adopt(ProcessEntry entry, ProcessEntry parent)
    {
        // An old /proc answer must not make a circle.
        for (var above = parent; above is not null; above = above.Parent)
        {
            if (above == entry)
                return;
        }
        Link(entry, parent, Current(parent));
        entry.Record = new(entry.Record) { Flags = entry.Record.Flags & ~ProcessFlags.ParentUnknown };
        if (entry.Life is not null && entry.Life == parent.Life && entry.Lineage is Lineage.Unknown or Lineage.Pending)
            entry.Lineage = parent.Lineage;
    }

    private void Link(ProcessEntry entry, ProcessEntry parent, ProcessRecord above)
    {
        if (parent.Depth + 1 <= MaxDepth)
        {
            entry.Parent = parent;
            entry.Depth = parent.Depth + 1;
        }
        else
        {
            _chainsCut++;
            above = Cut(above, KeptDepth)!;
            entry.Depth = KeptDepth;
            entry.Facing = parent.Facing;
            entry.Lineage = parent.Lineage;
            entry.Life = parent.Life;
            if (entry.Life is not null)
                entry.Life.Members++;
        }
        entry.Record = new(entry.Record) { Parent = above };
    }

    private static ProcessRecord? Cut(ProcessRecord? record, int keep) =>
        record is null || keep == 0 ? null : new(record) { Parent = Cut(record.Parent, keep - 1) };

    /// <summary>Into the pid's generations, newest first. A newer start says that the older process is gone.</summary>
    private void Insert(ProcessEntry entry)
    {
        if (_byUse.Count >= options.MaxProcesses)
        {
            _evicted++;
            Remove(_exited.Count > 0 ? NextExited() ?? _byUse.First!.Value : _byUse.First!.Value);
        }
        var key = entry.Record.Key;
        if (!_byPid.TryGetValue(key.Pid, out var newest) || newest.Record.Key.StartBootNs <= key.StartBootNs)
        {
            if (newest is { Exited: false })
            {
                _exitsLost++;
                End(newest);
            }
            // Ending it may have dropped it from the bounded queue at once.
            entry.Older = _byPid.GetValueOrDefault(key.Pid);
            _byPid[key.Pid] = entry;
        }
        else
        {
            while (newest.Older is { } older && older.Record.Key.StartBootNs > key.StartBootNs)
                newest = older;
            entry.Older = newest.Older;
            newest.Older = entry;
        }
        entry.Node = _byUse.AddLast(entry);
        if (entry != _byPid[key.Pid])
            End(entry);
    }

    private void Touch(ProcessEntry entry)
    {
        if (entry.Node is { } node && node != _byUse.Last)
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }
    }

    /// <summary>The process is in this cgroup: its first sight, or it was moved.</summary>
    private void Place(ProcessEntry entry, CgroupKey cgroup, uint pid)
    {
        var id = containers.ContainerIdOf(cgroup, pid);
        if (entry.Record.Cgroup != cgroup)
            entry.Record = new(entry.Record) { Cgroup = cgroup };
        if (string.Equals(id, entry.Life?.Id, StringComparison.Ordinal))
            return;
        if (entry.Life is not null)
        {
            if (id is null)
                _leftContainer++;
            Leave(entry);
        }
        if (id is null)
        {
            entry.Lineage = Lineage.Host;
            return;
        }
        if (!_lives.TryGetValue(id, out var life))
            _lives[id] = life = new(id);
        life.Members++;
        entry.Life = life;
        entry.FacingVersion = 0;
        if (entry.Parent is { } parent && parent.Life == life)
            entry.Lineage = parent.Lineage;
        else
            entry.Lineage = entry.Parent is null && life.First is not null ? Lineage.Unknown : Lineage.Pending;
    }

    private void Leave(ProcessEntry entry)
    {
        if (entry.Life is { } life && --life.Members == 0)
            _lives.Remove(life.Id);
        entry.Life = null;
    }

    private void End(ProcessEntry entry)
    {
        if (entry.Exited)
            return;
        entry.Exited = true;
        entry.ExitBootNs = _nowBootNs;
        _exited.Enqueue(entry);
        while (_exited.Count > options.MaxExited)
        {
            _graceCut++;
            if (NextExited() is { } oldest)
                Remove(oldest);
        }
    }

    private void ForgetExited()
    {
        var grace = (ulong)options.ExitGrace.Ticks * 100;
        while (_exited.TryPeek(out var entry) && (entry.Removed || entry.ExitBootNs + grace < _nowBootNs))
        {
            _exited.Dequeue();
            Remove(entry);
        }
    }

    private ProcessEntry? NextExited()
    {
        while (_exited.TryDequeue(out var entry))
        {
            if (!entry.Removed)
                return entry;
        }
        return null;
    }

    private void Remove(ProcessEntry entry)
    {
        if (entry.Removed)
            return;
        entry.Removed = true;
        entry.Exited = true;
        if (entry.Node is { } node)
            _byUse.Remove(node);
        entry.Node = null;

        var pid = entry.Record.Key.Pid;
        var newest = _byPid[pid];
        if (newest == entry)
        {
            if (entry.Older is null)
                _byPid.Remove(pid);
            else
                _byPid[pid] = entry.Older;
        }
        else
        {
            while (newest.Older != entry)
                newest = newest.Older!;
            newest.Older = entry.Older;
        }
        // Its children may still climb through it; a life that ended without members begins anew.
        if (entry.Life is { } life && --life.Members == 0)
            _lives.Remove(life.Id);
    }
}
