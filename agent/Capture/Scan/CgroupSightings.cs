using System.Text;
using Runtime.Agent.Containers;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture.Scan;

/// <summary>Cgroups that came and went between two looks. Capture thread only.</summary>
internal sealed class CgroupSightings(CgroupTree tree)
{
    // Bounded by the cgroups that there are.
    private Dictionary<CgroupKey, string> _there = tree.Present().ToDictionary(c => c.Key, c => c.Path);

    public void Look(IKernelEventSink sink)
    {
        var now = Clock.BootNs();
        var there = new Dictionary<CgroupKey, string>();
        foreach (var (key, path) in tree.Present())
        {
            there[key] = path;
            if (!_there.ContainsKey(key))
                sink.OnCgroup(new CgroupEvent { Cgroup = key, TimeBootNs = now, Path = Encoding.UTF8.GetBytes(path) });
        }
        foreach (var (key, path) in _there)
        {
            if (!there.ContainsKey(key))
                sink.OnCgroup(new CgroupEvent { Cgroup = key, TimeBootNs = now, Removed = true, Path = Encoding.UTF8.GetBytes(path) });
        }
        _there = there;
    }
}
