namespace Runtime.Agent.Capture;

/// <summary>Takes events and does nothing with them, but for what a class below it wants.</summary>
internal class SilentSink : IKernelEventSink
{
    public virtual void OnFork(in ForkEvent e)
    {
    }

    public virtual void OnExec(in ExecEvent e)
    {
    }

    public virtual void OnExit(in ExitEvent e)
    {
    }

    public virtual void OnFile(in FileEvent e)
    {
    }

    public virtual void OnRepeats(in RepeatsEvent e)
    {
    }

    public virtual void OnNetwork(in NetworkEvent e)
    {
    }

    public virtual void OnPrivilege(in PrivilegeEvent e)
    {
    }

    public virtual void OnCgroup(in CgroupEvent e)
    {
    }

    public virtual void OnIdle()
    {
    }
}
