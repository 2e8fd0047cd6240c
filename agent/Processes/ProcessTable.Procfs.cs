using Runtime.Agent.Capture;

namespace Runtime.Agent.Processes;

/// <summary>What /proc adds: the processes of the start, and the repair of those whose events were lost.</summary>
internal sealed partial class ProcessTable
{
    private ulong _repaired, _repairFailed;

    /// <summary>Takes in every process there is, parents first. Call once, on the capture thread, when the hooks are attached and before the first event is taken.</summary>
    /// <returns>Processes taken in.</returns>
    public int Scan()
    {
        if (procfs is null)
            return 0;
        // Bounded by the kernel's pid_max; dropped at the end of the scan.
        var found = new Dictionary<uint, ProcfsProcess>();
        foreach (var pid in procfs.Pids())
        {
            if (found.Count < options.MaxProcesses && procfs.ReadProcess(pid) is { } process)
                found[pid] = process;
        }
        var first = FirstProcesses(found);
        var chain = new Stack<ProcfsProcess>();
        foreach (var process in found.Values)
        {
            // The chain of those above that are not in yet; a circle (a pid came back while we read) ends at its first repeat.
            for (var p = process; FindEntry(p.Pid, StartOf(p)) is null && !chain.Contains(p);)
            {
                chain.Push(p);
                if (!found.TryGetValue(p.Stat.ParentPid, out p!))
                    break;
            }
            while (chain.TryPop(out var next))
                AddAtStart(next, first);
        }
        return found.Count;
    }

    private void AddAtStart(ProcfsProcess process, Dictionary<string, uint> first)
    {
        var start = StartOf(process);
        if (FindEntry(process.Pid, start) is not null)
            return;
        _nowBootNs = Math.Max(_nowBootNs, start);
        var entry = AddFromProcfs(process, containers.KeyOf(process.Cgroup), start, FindEntry(process.Stat.ParentPid, 0), ProcessFlags.AtStart);
        entry.Approximate = true;
        if (entry.Lineage != Lineage.Pending)
            return;
        if (first.TryGetValue(entry.Life!.Id, out var pid) && pid == process.Pid)
        {
            entry.Lineage = Lineage.Main;
            entry.Life.Begin(entry, start);
        }
        else
        {
            entry.Lineage = Lineage.Session;
        }
    }

    /// <summary>Each container's first process: of those whose parent is outside, pid 1 of its own namespace, else the oldest.</summary>
    private Dictionary<string, uint> FirstProcesses(Dictionary<uint, ProcfsProcess> found)
    {
        var first = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var process in found.Values)
        {
            if (IdOf(process) is not { } id)
                continue;
            if (found.TryGetValue(process.Stat.ParentPid, out var parent) && IdOf(parent) == id)
                continue;
            if (!first.TryGetValue(id, out var best) || IsBefore(process, found[best]))
                first[id] = process.Pid;
        }
        return first;

        string? IdOf(ProcfsProcess p) => containers.ContainerIdOf(containers.KeyOf(p.Cgroup), p.Pid);

        static bool IsBefore(ProcfsProcess a, ProcfsProcess b)
        {
            var (aIsInit, bIsInit) = (a.Status is { InnermostPid: 1, PidNamespaces: > 1 }, b.Status is { InnermostPid: 1, PidNamespaces: > 1 });
            return aIsInit != bIsInit ? aIsInit : a.Stat.StartTicks < b.Stat.StartTicks;
        }
    }

    /// <summary>A process that an event names and the table does not hold. Never null: what /proc cannot tell stays empty.</summary>
    /// <param name="cgroup">As the event told; null to ask /proc.</param>
    private ProcessEntry Repair(uint pid, ulong startBootNs, CgroupKey? cgroup, int depth)
    {
        var process = procfs is not null && IsSame(procfs.ReadStat(pid), startBootNs) ? procfs.ReadProcess(pid) : null;
        if (process is null || !IsSame(process.Stat, startBootNs))
        {
            _repairFailed++;
            return AddOrphan(new(pid, startBootNs), cgroup ?? default);
        }
        _repaired++;
        var parent = FindEntry(process.Stat.ParentPid, 0);
        if (parent is null && process.Stat.ParentPid != 0 && depth < MaxRepairDepth && procfs!.ReadStat(process.Stat.ParentPid) is { } above)
        {
            parent = Repair(process.Stat.ParentPid, above.StartTicks * TickNs, null, depth + 1);
            parent.Approximate = true;
        }
        return AddFromProcfs(process, cgroup ?? containers.KeyOf(process.Cgroup), startBootNs, parent, ProcessFlags.None);
    }

    private ProcessEntry AddFromProcfs(ProcfsProcess process, CgroupKey cgroup, ulong startBootNs, ProcessEntry? parent, ProcessFlags flags)
    {
        flags |= process.Flags;
        // A parent that is younger than its child is another process with the parent's pid.
        if (parent is not null && parent.Record.Key.StartBootNs / TickNs > startBootNs / TickNs)
            parent = null;
        if (parent is null && process.Stat.ParentPid != 0)
            flags |= ProcessFlags.ParentUnknown;
        var arguments = redaction.Redact(process.Arguments, out var truncated);
        if (truncated)
            flags |= ProcessFlags.ArgumentsTruncated;
        var variables = LoaderVariables.Of(process.Environment, redaction, ref flags);
        var entry = new ProcessEntry
        {
            Record = new ProcessRecord
            {
                Key = new(process.Pid, startBootNs),
                Cgroup = cgroup,
                Binary = _text.Intern(process.Binary),
                Arguments = _text.Intern(arguments),
                Cwd = _text.Intern(process.Cwd),
                Flags = flags,
                Uid = process.Status.Uid,
                Euid = process.Status.Euid,
                Gid = process.Status.Gid,
                LoginUid = process.LoginUid,
                Inode = process.Inode,
                Device = process.Device,
                Links = process.Links,
                Size = process.Size,
                ModifiedUnixSeconds = process.ModifiedUnixSeconds,
                ChangedUnixSeconds = process.ChangedUnixSeconds,
                EffectiveCapabilities = process.Status.EffectiveCapabilities,
                MountNamespace = process.MountNamespace,
                PidNamespace = process.PidNamespace,
                NetworkNamespace = process.NetworkNamespace,
                UserNamespace = process.UserNamespace,
                ExecBootNs = startBootNs,
                LoaderVariables = _text.Intern(variables),
                Payload = _text.Intern(DynamicLoader.PayloadOf(process.Binary, process.Arguments, process.Cwd)),
            },
        };
        if (parent is not null)
            Link(entry, parent, Current(parent));
        Insert(entry);
        Place(entry, cgroup, process.Pid);
        return entry;
    }

    private static ulong StartOf(ProcfsProcess process) => process.Stat.StartTicks * TickNs;
}
