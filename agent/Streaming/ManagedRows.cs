using Runtime.Agent.Reduction;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>One row of a batch's table of what happened inside .NET.</summary>
internal static class ManagedRows
{
    public static void Add(ManagedColumns table, ManagedFact fact, long first, long last, uint process, uint name, uint path)
    {
        table.First.Add(first);
        table.Last.Add(last);
        table.Count.Add(fact.Count);
        table.Process.Add(process);
        table.Operation.Add((uint)fact.Operation);
        table.Name.Add(name);
        table.Path.Add(path);
        table.Flags.Add((uint)fact.Flags);
    }
}
