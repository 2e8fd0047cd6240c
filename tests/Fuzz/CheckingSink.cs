using Runtime.Agent.Capture;

namespace Runtime.Fuzz;

/// <summary>Takes events and keeps nothing.</summary>
internal sealed class CheckingSink : IKernelEventSink
{
    public void OnFork(in ForkEvent e) { }
    public void OnExec(in ExecEvent e) => Targets.Require(e.Binary.Length <= KernelPath.MaxBytes && e.Cwd.Length <= KernelPath.MaxBytes, "paths are bounded");
    public void OnExit(in ExitEvent e) { }
    public void OnFile(in FileEvent e) => Targets.Require(e.Path.Length <= KernelPath.MaxBytes, "paths are bounded");
    public void OnRepeats(in RepeatsEvent e) { }
    public void OnNetwork(in NetworkEvent e) { }
    public void OnPrivilege(in PrivilegeEvent e) { }
    public void OnCgroup(in CgroupEvent e) { }
    public void OnIdle() { }
}
