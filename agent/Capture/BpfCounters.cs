using System.Runtime.CompilerServices;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture;

/// <summary>What the programs counted: per program in "counters", lost facts by owner in "losses".</summary>
/// <remarks>
/// The kernel side raises "losses" first and "counters" after; here "counters" is read first. So what "losses" holds covers all
/// that "counters" says, and the difference is what found no place in "losses": it is told without an owner, never twice.
/// </remarks>
internal sealed unsafe class BpfCounters(BpfPrograms programs)
{
    private const byte ShareFull = 1; // LOSS_SHARE_FULL
    private readonly int _processors = LibBpf.libbpf_num_possible_cpus();
    private readonly int _counters = programs.Map("counters");
    private readonly int _losses = programs.Map("losses");

    // Bounded by the kernel's map: 4,096 owners. An entry goes when it did not change between two looks.
    private readonly Dictionary<(CgroupKey Owner, EventKind Kind, byte Reason), ulong> _told = [];

    // Both bounded by EventKind and by HookCatalog.All.
    private readonly Dictionary<EventKind, ulong> _attributed = [];
    private readonly Dictionary<EventKind, ulong> _unattributedTold = [];
    private readonly Dictionary<string, ulong> _hookTold = [];

    /// <summary>Sums over all processors. Any thread.</summary>
    public ProgramCounters Read(Hook hook)
    {
        var cells = stackalloc ProgramCounters[_processors];
        var key = (uint)hook.Id;
        var sum = default(ProgramCounters);
        if (LibBpf.bpf_map_lookup_elem(_counters, &key, cells) < 0) return sum;
        for (var cpu = 0; cpu < _processors; cpu++)
        {
            sum.Seen += cells[cpu].Seen;
            sum.Sent += cells[cpu].Sent;
            sum.Filtered += cells[cpu].Filtered;
            sum.NoSpace += cells[cpu].NoSpace;
            sum.ReadFailed += cells[cpu].ReadFailed;
            sum.NoEntry += cells[cpu].NoEntry;
            sum.Repeated += cells[cpu].Repeated;
        }

        return sum;
    }

    /// <summary>Losses since the last call. One thread.</summary>
    public void TakeLosses(List<CaptureLoss> losses)
    {
        var totals = new Dictionary<EventKind, ulong>();
        foreach (var (hook, descriptor) in programs.Descriptors)
        {
            var counters = Read(hook);
            totals[hook.Kind] = totals.GetValueOrDefault(hook.Kind) + counters.NoSpace;
            TellGrowth(losses, hook, "table_full", counters.NoEntry);
            if (BpfProgramInfo.Read(descriptor) is { } info) TellGrowth(losses, hook, "recursion", info.RecursionMisses);
        }

        TakeOwned(losses);
        foreach (var (kind, total) in totals)
        {
            var owned = _attributed.GetValueOrDefault(kind);
            var told = _unattributedTold.GetValueOrDefault(kind);
            if (total <= owned + told) continue;
            losses.Add(new CaptureLoss(null, kind, "ring_full", total - owned - told));
            _unattributedTold[kind] = total - owned;
        }
    }

    private void TakeOwned(List<CaptureLoss> losses)
    {
        // Collected first: a key that is deleted while it is walked from would start the walk anew.
        List<LossKey> keys = [];
        LossKey previous = default, next;
        for (var result = LibBpf.bpf_map_get_next_key(_losses, null, &next); result == 0 && keys.Count < 8192;
             result = LibBpf.bpf_map_get_next_key(_losses, &previous, &next))
        {
            keys.Add(next);
            previous = next;
        }

        foreach (var key in keys)
        {
            var k = key;
            ulong count;
            if (LibBpf.bpf_map_lookup_elem(_losses, &k, &count) < 0) continue;
            var kind = (EventKind)k.Kind;
            // Not the key itself: what holds an inline array cannot be compared.
            var owner = (Owner: new CgroupKey(k.CgroupId, k.CgroupVersion), kind, k.Reason);
            var known = _told.GetValueOrDefault(owner);
            if (count == known)
            {
                if (LibBpf.bpf_map_delete_elem(_losses, &k) == 0) _told.Remove(owner);
                continue;
            }

            _told[owner] = count;
            _attributed[kind] = _attributed.GetValueOrDefault(kind) + count - known;
            losses.Add(new CaptureLoss(owner.Owner, kind, k.Reason == ShareFull ? "share_full" : "ring_full", count - known));
        }
    }

    private void TellGrowth(List<CaptureLoss> losses, Hook hook, string reason, ulong total)
    {
        var key = $"{hook.Name}.{reason}";
        var told = _hookTold.GetValueOrDefault(key);
        if (total <= told) return;
        losses.Add(new CaptureLoss(null, hook.Kind, reason, total - told));
        _hookTold[key] = total;
    }
}
