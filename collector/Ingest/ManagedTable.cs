using Runtime.V1;

namespace Runtime.Collector.Ingest;

internal sealed partial class EventTables
{
    public void Add(ManagedColumns c)
    {
        var rows = Begin(
            "managed", ("first", c.First.Count), ("last", c.Last.Count), ("count", c.Count.Count), ("process", c.Process.Count), ("operation", c.Operation.Count),
            ("name", c.Name.Count), ("path", c.Path.Count), ("flags", c.Flags.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.First[_row], c.Last[_row], c.Count[_row], c.Process[_row]) is { } row
                && Holds(c.Operation[_row] is >= 1 and <= (uint)ManagedOperation.PortClosed, "operation", c.Operation[_row], "managed operations are 1 to 7")
                && Text("name", c.Name[_row], out var name)
                && Text("path", c.Path[_row], out var path))
            {
                Observations.Add(new ManagedObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Count = row.Count, Lineage = row.Lineage,
                    Operation = (ManagedOperation)c.Operation[_row], Name = name, Path = path, Flags = (ManagedFlags)c.Flags[_row],
                });
            }
        }
    }
}
