using Runtime.Agent.Capture;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Reduction;

/// <summary>What the kernel saw and could not deliver, as facts of the container that they are missing from. Capture thread only.</summary>
/// <param name="take">Losses since the last call.</param>
internal sealed class CaptureLosses(Func<IReadOnlyList<CaptureLoss>> take, IContainers containers, IFactSink sink)
{
    private const long IntervalNs = 250_000_000;
    private long _lastUnixNs;

    /// <param name="isLast">Whatever the time: no later call follows.</param>
    public void Take(long nowUnixNs, bool isLast = false)
    {
        if (nowUnixNs - _lastUnixNs < IntervalNs && !isLast)
            return;
        foreach (var loss in take())
        {
            var container = loss.Cgroup is { } cgroup ? containers.Lookup(cgroup) : null;
            var isHost = loss.Cgroup is not null && container is null;
            sink.Post(new LossFact(container, isHost, KindOf(loss.Kind), loss.Reason, loss.Count, _lastUnixNs == 0 ? nowUnixNs : _lastUnixNs, nowUnixNs));
        }
        _lastUnixNs = nowUnixNs;
    }

    private static string KindOf(EventKind kind) => kind switch
    {
        EventKind.File => "file",
        EventKind.Network => "network",
        EventKind.Privilege => "privilege",
        _ => "process",
    };
}
