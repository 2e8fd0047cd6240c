using Runtime.Agent.Reduction;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>One row of a batch's privilege table.</summary>
internal static class PrivilegeRows
{
    public static void Add(PrivilegeColumns table, PrivilegeFact fact, long first, long last, uint process, uint subject, uint detail)
    {
        table.First.Add(first);
        table.Last.Add(last);
        table.Count.Add(fact.Count);
        table.Process.Add(process);
        table.Operation.Add((uint)fact.Operation);
        table.Value.Add(fact.Value);
        table.Subject.Add(subject);
        table.Detail.Add(detail);
        table.Error.Add(fact.Error);
        table.Flags.Add((uint)fact.Flags);
    }
}
