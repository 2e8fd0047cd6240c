using Runtime.Agent.Managed;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class BehaviourKey
{
    /// <param name="name">Of the assembly, with its varying parts typed where the program chose it while it ran.</param>
    /// <param name="path">With its varying parts typed.</param>
    public UInt128 OfManaged(ProcessRecord process, ManagedEvent e, ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        Begin(Family.Managed, process.Phase);
        // What was there at the start is state: the first load that is seen must not count as its repeat.
        Add(((uint)e.Operation << 8) | (uint)(e.Flags & ManagedFlags.AtStart));
        Add(process.Binary);
        Add(name);
        Add(path);
        return End();
    }
}
