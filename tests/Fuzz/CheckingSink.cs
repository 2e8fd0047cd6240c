using Runtime.Agent.Capture;

namespace Runtime.Fuzz;

/// <summary>Takes events and keeps nothing.</summary>
internal sealed class CheckingSink : SilentSink
{
    public override void OnExec(in ExecEvent e) => Targets.Require(e.Binary.Length <= KernelPath.MaxBytes && e.Cwd.Length <= KernelPath.MaxBytes, "paths are bounded");
    public override void OnFile(in FileEvent e) => Targets.Require(e.Path.Length <= KernelPath.MaxBytes, "paths are bounded");
}
