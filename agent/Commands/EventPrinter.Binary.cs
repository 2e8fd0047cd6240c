using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Commands;

internal sealed partial class EventPrinter
{
    private ulong _binariesLost;

    private void AskExecuted(ProcessRecord process, in EventOrigin origin)
    {
        if (Binaries is not { } binaries || !filter.Takes("binary", containers.Lookup(origin.Cgroup, origin.Pid)))
            return;
        var container = containers.Lookup(origin.Cgroup, origin.Pid);
        if (!binaries.AskExecuted(process, container, clock.ToUnixNs(origin.TimeBootNs)))
            _binariesLost++;
        if (process.Payload.Length > 0 && !binaries.AskPayload(process, container))
            _binariesLost++;
    }

    private void AskMapped(in FileEvent e)
    {
        if (Binaries is not { } binaries || e.Operation != FileOperation.MapExecutable)
            return;
        var container = containers.Lookup(e.Origin.Cgroup, e.Origin.Pid);
        if (filter.Takes("binary", container) && !binaries.AskLibrary(processes.Resolve(e.Origin), container, e.Path, e.Inode))
            _binariesLost++;
    }

    private void PrintReadings()
    {
        Binaries?.ReleaseDue(containers);
        while (Binaries is { } binaries && binaries.TryTake(out var reading))
        {
            var (request, content) = (reading.Request, reading.Content);
            var json = Json();
            json.WriteString("kind", "binary");
            json.WriteString("time", Wall(reading.UnixNs));
            json.WriteNumber("pid", request.Process.Key.Pid);
            json.WriteNumber("start_boot_ns", request.Process.Key.StartBootNs);
            Text(json, "path", request.Path);
            json.WriteBoolean("is_library", request.IsLibrary);
            json.WriteNumber("inode", content.Identity.Inode);
            json.WriteNumber("device", content.Identity.Device);
            json.WriteNumber("size", content.Identity.Size);
            json.WriteString("sha256", Convert.ToHexStringLower(content.Sha256));
            json.WriteString("traits", content.Traits.ToString());
            Text(json, "package", content.Package.Package.Name);
            Text(json, "package_version", content.Package.Package.Version);
            json.WriteString("package_verdict", content.Package.Verdict.ToString());
            json.WriteString("package_flags", content.Package.Flags.ToString());
            json.WriteNumber("lost", _binariesLost);
            Container(json, request.Container);
            End(json);
        }
    }
}
