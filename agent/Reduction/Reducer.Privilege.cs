using Runtime.Agent.Capture;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    private ulong _privilegesOfRuntimes;

    /// <remarks>
    /// A container runtime makes namespaces, mounts and identities from inside the container's cgroup before it executes the
    /// container's own program. That is told by lineage and not by name: once such a process has executed anything else, it and
    /// all below it are the container's.
    /// </remarks>
    public void OnPrivilege(in PrivilegeEvent e)
    {
        var unixNs = Begin(e.Origin);
        var process = _processes.Resolve(e.Origin);
        if (Sight?.Take(process.Key, null) == true)
            return;
        if (_processes.IsBeingLaunched(process.Key))
        {
            _privilegesOfRuntimes++;
            return;
        }
        var container = ContainerOf(process, e.Origin.Cgroup);
        // A mount point of its own for each run would be a behaviour of its own.
        var subject = e.SubjectIsPath ? _template.AsSpan(0, PathTemplate.Write(e.Subject, OwnerOf(process, e.Subject), _template)) : e.Subject;
        var key = _key.OfPrivilege(process, e, subject);
        if (_known.Find(container, key) is { } known)
        {
            _known.Repeat(known, unixNs, e.Origin.TimeBootNs, e.Count);
            return;
        }
        var fact = new PrivilegeFact
        {
            Process = process,
            Container = container,
            FirstUnixNs = unixNs,
            LastUnixNs = unixNs,
            Count = e.Count,
            IsNew = true,
            Operation = e.Operation,
            Value = e.Value,
            Subject = Cut(e.Subject),
            Detail = e.Detail.ToArray(),
            Error = e.Error,
        };
        _known.Add(key, fact);
        Send(fact);
    }
}
