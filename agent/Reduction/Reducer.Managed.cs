using Runtime.Agent.Managed;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer : IManagedSink
{
    /// <summary>Names under which programs make assemblies of their own are typed like files' names up to this length.</summary>
    private readonly byte[] _name = new byte[2 * AssemblyLoads.MaxNameBytes];

    /// <summary>What is seen inside .NET processes; null when that is off. Taken at idle moments.</summary>
    public ManagedWatch? Managed { get; init; }

    public void OnManaged(ManagedEvent e)
    {
        _events++;
        var process = _processes.Find(e.Process.Key.Pid, e.Process.Key.StartBootNs) ?? e.Process;
        // The same process may run another program by now; the assembly was the earlier one's.
        if (process.ExecBootNs != e.Process.ExecBootNs)
            process = e.Process;
        var container = ContainerOf(process, process.Cgroup);
        // A name of its own for each assembly that a program makes would be a behaviour of its own.
        var name = e.Operation is ManagedOperation.AssemblyMemory or ManagedOperation.AssemblyEmitted
            ? _name.AsSpan(0, PathTemplate.Write(e.Name, ProcOwner.Other, _name))
            : e.Name;
        // The port is named after the process.
        var path = e.Operation == ManagedOperation.DiagnosticsClient ? [] : _template.AsSpan(0, PathTemplate.Write(e.Path, OwnerOf(process, e.Path), _template));
        var key = _key.OfManaged(process, e, name, path);
        var unixNs = _clock.ToUnixNs(e.TimeBootNs);
        if (_known.Find(container, key) is { } known)
        {
            _known.Repeat(known, unixNs, e.TimeBootNs, e.Count);
            return;
        }
        var fact = new ManagedFact
        {
            Process = process,
            Container = container,
            FirstUnixNs = unixNs,
            LastUnixNs = unixNs,
            Count = e.Count,
            IsNew = true,
            Operation = e.Operation,
            Name = e.Name,
            Path = e.Path,
            Flags = e.Flags,
        };
        _known.Add(key, fact);
        Send(fact);
    }

    public void OnManagedLoss(ManagedLoss loss)
    {
        var process = _processes.Find(loss.Process.Key.Pid, loss.Process.Key.StartBootNs) ?? loss.Process;
        var container = ContainerOf(process, process.Cgroup);
        var unixNs = _clock.ToUnixNs(loss.TimeBootNs);
        _sink.Post(new LossFact(container, container is null, "managed", loss.Reason, loss.Count, unixNs, unixNs));
    }
}
