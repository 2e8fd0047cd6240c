using Runtime.V1;

namespace Runtime.Collector.Ingest;

internal sealed partial class EventTables
{
    public void Add(PrivilegeColumns c)
    {
        Columns.FillAbsent(c.Flags, c.First.Count);
        var rows = Begin(
            "privileges", ("first", c.First.Count), ("last", c.Last.Count), ("count", c.Count.Count), ("process", c.Process.Count), ("operation", c.Operation.Count),
            ("value", c.Value.Count), ("subject", c.Subject.Count), ("detail", c.Detail.Count), ("error", c.Error.Count), ("flags", c.Flags.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.First[_row], c.Last[_row], c.Count[_row], c.Process[_row]) is { } row
                && Holds(c.Operation[_row] is >= 1 and <= (uint)PrivilegeOperation.Rounding, "operation", c.Operation[_row], "privilege operations are 1 to 22")
                && Holds(c.Error[_row] <= MaxErrno, "error", c.Error[_row], "an errno must be from 0 to 4095")
                && Text("subject", c.Subject[_row], out var subject)
                && Text("detail", c.Detail[_row], out var detail))
            {
                Observations.Add(new PrivilegeObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Count = row.Count, Lineage = row.Lineage,
                    Operation = (PrivilegeOperation)c.Operation[_row], Value = c.Value[_row], Subject = subject, Detail = detail, Error = (int)c.Error[_row], Flags = (PrivilegeFlags)c.Flags[_row],
                });
            }
        }
    }
}
