using System.Globalization;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Hardening;

namespace Runtime.Agent.Health;

internal enum CheckResult : byte
{
    Ok = 0,

    /// <summary>Worth knowing; nothing is lost by it.</summary>
    Note = 1,

    /// <summary>Something is not seen.</summary>
    Missing = 2,

    /// <summary>The agent cannot work.</summary>
    Fatal = 3,
}

/// <summary>One line of <c>agent check</c>.</summary>
internal sealed record CheckLine(CheckResult Result, string Subject, string Words);

/// <summary>What this node offers to the agent, tried and not guessed: every hook is really attached.</summary>
internal sealed class NodeCheck(CaptureOptions capture, ContainerOptions containers)
{
    private static readonly (Capability Bit, string Name, string Loses)[] Wanted =
    [
        (Capability.Perfmon, "PERFMON", "the kernel refuses the programs of rung 1"),
        (Capability.Bpf, "BPF", "the kernel refuses the programs of rung 1"),
        (Capability.SysPtrace, "SYS_PTRACE", "binaries and folders of processes that were there before the agent"),
        (Capability.DacReadSearch, "DAC_READ_SEARCH", "container runtimes' state and other users' files below /proc"),
        (Capability.DacOverride, "DAC_OVERRIDE", "what happens inside .NET processes of other users, but for their files"),
    ];

    public IEnumerable<CheckLine> Run()
    {
        yield return new(CheckResult.Ok, "kernel", File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        yield return File.Exists("/sys/kernel/btf/vmlinux")
            ? new(CheckResult.Ok, "BTF", "/sys/kernel/btf/vmlinux")
            : new(CheckResult.Missing, "BTF", "/sys/kernel/btf/vmlinux is absent: the kernel was built without CONFIG_DEBUG_INFO_BTF, and no program can be fitted to it: rung 1 is out of reach");
        foreach (var line in Capabilities())
            yield return line;
        foreach (var line in Hooks())
            yield return line;
        foreach (var line in Cgroups())
            yield return line;
        foreach (var line in Runtimes())
            yield return line;
    }

    private static IEnumerable<CheckLine> Capabilities()
    {
        var effective = Hardening.Capabilities.Read("CapEff");
        var isAdmin = (effective >> (int)Capability.SysAdmin & 1) != 0;
        foreach (var (bit, name, loses) in Wanted)
        {
            var isKernelSide = bit is Capability.Perfmon or Capability.Bpf;
            if ((effective >> (int)bit & 1) != 0 || (isKernelSide && isAdmin))
                yield return new(CheckResult.Ok, $"capability {name}", (effective >> (int)bit & 1) != 0 ? "held" : "by SYS_ADMIN");
            else
                yield return new(CheckResult.Missing, $"capability {name}", $"not held; without it: {loses}");
        }
        if (!isAdmin && OfParanoia(File.ReadAllText("/proc/sys/kernel/perf_event_paranoid")) is { } refused)
            yield return refused;
    }

    /// <summary>Up to 2 it is Linux's own, and PERFMON does; what is above, Debian (3) and Ubuntu (4) made.</summary>
    /// <param name="text">Of kernel.perf_event_paranoid.</param>
    /// <returns>Null where an agent without SYS_ADMIN can attach to system calls.</returns>
    internal static CheckLine? OfParanoia(string text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var paranoid) && paranoid > 2
            ? new(CheckResult.Missing, "capability SYS_ADMIN", $"not held, and kernel.perf_event_paranoid is {paranoid}: hooks of system calls cannot be attached; add the capability, or set it to 2")
            : null;

    private IReadOnlyList<CheckLine> Hooks()
    {
        try
        {
            // The smallest ring: nothing is read from it.
            var small = capture with { RingBytes = 64 * 1024, WakeBytes = 16 * 1024 };
            var (source, rung) = Ladder.Start(small, containers, new CgroupTree(containers), null);
            using (source)
            {
                return
                [
                    rung.Number == 1
                        ? new CheckLine(CheckResult.Ok, "rung", $"1 ({rung.Name})")
                        : new(CheckResult.Missing, "rung", $"{rung.Number} ({rung.Name}): {AgentLog.OneLine(rung.Reason)}"),
                    .. source.Hooks.Select(hook => hook.Attached
                        ? new CheckLine(CheckResult.Ok, $"hook {hook.Name}", "attached")
                        : hook.Loses.Length == 0 ? new CheckLine(CheckResult.Note, $"hook {hook.Name}", hook.Reason)
                        : new CheckLine(CheckResult.Missing, $"hook {hook.Name}", $"{AgentLog.OneLine(hook.Reason)}; without it is not seen: {hook.Loses}")),
                ];
            }
        }
        catch (Exception e) when (Ladder.IsRefusal(e))
        {
            var hint = e is DllNotFoundException ? " (Debian's package libbpf1 has it)" : "";
            return [new(CheckResult.Fatal, "rung", $"{capture.Rung} was asked for: {AgentLog.OneLine(e.Message)}{hint}")];
        }
    }

    private IEnumerable<CheckLine> Cgroups()
    {
        var root = containers.CgroupRoot.TrimEnd('/');
        var v2 = File.Exists($"{root}/cgroup.controllers") ? root : File.Exists($"{root}/unified/cgroup.controllers") ? $"{root}/unified" : null;
        var v1 = v2 == root ? null : Directory.Exists($"{root}/memory") ? $"{root}/memory" : Directory.Exists($"{root}/pids") ? $"{root}/pids" : null;
        yield return (v2, v1) switch
        {
            (null, null) => new(CheckResult.Missing, "cgroups", $"no cgroup file system at {root}; without it no process belongs to a container"),
            (null, _) => new(CheckResult.Ok, "cgroups", $"v1, by {v1}"),
            (_, null) => new(CheckResult.Ok, "cgroups", $"v2 at {v2}"),
            _ => new(CheckResult.Ok, "cgroups", $"v2 at {v2}, and v1 by {v1}"),
        };
    }

    private IEnumerable<CheckLine> Runtimes()
    {
        var found = containers.CriSockets.Concat(containers.DockerSockets).Where(s => File.Exists(containers.HostRoot.TrimEnd('/') + s)).ToArray();
        foreach (var socket in found)
            yield return new(CheckResult.Ok, "container runtime", socket);
        if (found.Length == 0)
            yield return new(CheckResult.Note, "container runtime", "no socket of one is there; containers are known by their cgroups and the runtimes' folders alone, without pod, image and labels");
    }
}
