using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class BehaviourKey
{
    /// <param name="subject">A path with its varying parts typed, or the text.</param>
    public UInt128 OfPrivilege(ProcessRecord process, in PrivilegeEvent e, ReadOnlySpan<byte> subject)
    {
        Begin(Family.Privilege, process.Phase);
        Add(((uint)e.Operation << 16) | e.Error);
        Add((uint)e.Value);
        Add((uint)(e.Value >> 32));
        Add(process.Binary);
        Add(subject);
        Add(e.Detail);
        return End();
    }
}
