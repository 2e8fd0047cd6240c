using System.Collections.Concurrent;

namespace Runtime.Agent.Capture.Coverage;

/// <summary>Takes the canaries' acts out of the road and keeps that they arrived. Everything else goes on as it came.</summary>
/// <remarks>
/// A canary is known by its pid, which we were told when we started it, or by its exec: our own child that runs our own file. A
/// program of that name elsewhere is nobody's child of ours and goes on like any other.
/// </remarks>
internal sealed class CoverageSink(IKernelEventSink next) : IKernelEventSink
{
    private static readonly uint Own = (uint)Environment.ProcessId;

    // What arrived of each canary. Bounded by the canaries of one measurement, which empties it.
    private readonly ConcurrentDictionary<uint, Acts> _canaries = new();

    private volatile byte[]? _program;

    [Flags]
    public enum Acts : byte
    {
        None = 0,
        Exec = 1,
        Connect = 2,
        Write = 4,
    }

    /// <summary>A measurement begins. Any thread, as all of them.</summary>
    public void Begin(byte[] program) => _program = program;

    public void Expect(uint pid) => _canaries.TryAdd(pid, Acts.None);

    public Acts Arrived(uint pid) => _canaries.GetValueOrDefault(pid);

    public void End()
    {
        _program = null;
        _canaries.Clear();
    }

    public void OnFork(in ForkEvent e) => next.OnFork(e);

    public void OnExec(in ExecEvent e)
    {
        if (_program is { } program && e.ParentPid == Own && e.Binary.SequenceEqual(program))
            Keep(e.Origin.Pid, Acts.Exec);
        else
            next.OnExec(e);
    }

    public void OnExit(in ExitEvent e) => next.OnExit(e);

    public void OnFile(in FileEvent e)
    {
        if (IsCanary(e.Origin.Pid))
            Keep(e.Origin.Pid, e.Operation is FileOperation.Create or FileOperation.Write or FileOperation.Truncate ? Acts.Write : Acts.None);
        else
            next.OnFile(e);
    }

    public void OnRepeats(in RepeatsEvent e) => next.OnRepeats(e);

    public void OnNetwork(in NetworkEvent e)
    {
        if (IsCanary(e.Origin.Pid))
            Keep(e.Origin.Pid, e.Operation == NetworkOperation.Connect ? Acts.Connect : Acts.None);
        else
            next.OnNetwork(e);
    }

    public void OnPrivilege(in PrivilegeEvent e)
    {
        if (!IsCanary(e.Origin.Pid))
            next.OnPrivilege(e);
    }

    public void OnCgroup(in CgroupEvent e) => next.OnCgroup(e);

    public void OnIdle() => next.OnIdle();

    private bool IsCanary(uint pid) => _program is not null && _canaries.ContainsKey(pid);

    private void Keep(uint pid, Acts act) => _canaries.AddOrUpdate(pid, act, (_, before) => before | act);
}
