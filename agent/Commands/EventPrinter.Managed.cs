using Runtime.Agent.Capture;
using Runtime.Agent.Managed;

namespace Runtime.Agent.Commands;

internal sealed partial class EventPrinter : IManagedSink
{
    /// <summary>What is seen inside .NET processes; null when that is off. Taken at idle moments.</summary>
    public ManagedWatch? Managed { get; init; }

    public void OnManaged(ManagedEvent e)
    {
        var process = processes.Find(e.Process.Key.Pid, e.Process.Key.StartBootNs) ?? e.Process;
        var origin = new EventOrigin(e.TimeBootNs, process.Cgroup, process.Key.Pid, process.Key.Pid, process.Key.StartBootNs);
        if (Begin("managed", origin, process) is not { } json)
            return;
        json.WriteString("operation", e.Operation.ToString());
        Text(json, "name", e.Name);
        Text(json, "path", e.Path);
        json.WriteString("flags", e.Flags.ToString());
        json.WriteNumber("count", e.Count);
        End(json);
    }

    public void OnManagedLoss(ManagedLoss loss)
    {
        var process = loss.Process;
        var origin = new EventOrigin(loss.TimeBootNs, process.Cgroup, process.Key.Pid, process.Key.Pid, process.Key.StartBootNs);
        if (Begin("managed", origin, process) is not { } json)
            return;
        json.WriteString("operation", "Lost");
        json.WriteString("reason", loss.Reason);
        json.WriteNumber("count", loss.Count);
        End(json);
    }
}
