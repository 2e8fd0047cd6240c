using Runtime.Collector.Ingest;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Detection;

/// <summary>What is executed.</summary>
internal static partial class TierZero
{
    private const ProcessFlags Sockets = ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket | ProcessFlags.StderrSocket;
    private const ProcessFlags InAndOut = ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket;

    private static TierZeroFact? OfExec(ExecObservation exec, RuleSet rules)
    {
        var process = exec.Process;
        if ((process.Flags & ProcessFlags.Memfd) != 0 && rules.IsOn(Memfd) && !IsRuntimeClone(exec))
        {
            return new TierZeroFact(Memfd, $"{Who(process)} was executed from memory (memfd), without a file", "T1620");
        }

        if (IsPathless(exec) && rules.IsOn(Pathless))
        {
            return new TierZeroFact(Pathless, $"{Who(process)} was executed through an open descriptor of a file that has no name any more", "T1620");
        }

        if (OnSocket(process) is { } what && rules.IsOn(ShellOnSocket))
        {
            return new TierZeroFact(ShellOnSocket, $"{Who(process)} is {what} a network connection", "T1059.004");
        }

        if (rules.IsOn(BadProgram) && (rules.IsBadProgram(process.Binary) || rules.IsBadProgram(process.Script)))
        {
            return new TierZeroFact(BadProgram, $"{Who(process)} was executed: a name that only malware bears", "T1204.003");
        }

        if (rules.IsOn(BadPath) && (rules.IsBadPath(process.Binary) || rules.IsBadPath(process.Script)))
        {
            return new TierZeroFact(BadPath, $"{DisplayText.Path(process.Script.Length > 0 ? process.Script : process.Binary)} was executed: a file that only malware leaves there", "T1204.003");
        }

        if ((process.Flags & ProcessFlags.NetworkFacing) == 0 || process.Phase is Phase.Session)
        {
            return null;
        }

        if ((process.Flags & ProcessFlags.UpperLayer) != 0)
        {
            return rules.IsOn(UpperLayer)
                ? new TierZeroFact(UpperLayer, $"{Who(process)}, a file written after the container started, was executed below a process that serves the network", "T1105")
                : null;
        }

        // A volume, a tmpfs: the upper layer says nothing of them.
        var run = process.Payload.Length > 0 ? process.Payload : process.Binary;
        return Places.IsTemporary(run) && exec.Container is not null && (process.Flags & (ProcessFlags.Memfd | ProcessFlags.AtStart)) == 0 && rules.IsOn(OddPlace)
            ? new TierZeroFact(OddPlace, $"{DisplayText.Path(run)}, in a place where everybody may write, was executed below a process that serves the network", "T1105") { OnlyWhenNew = true }
            : null;
    }

    /// <summary>
    /// A shell on any of descriptors 0 to 2, however they were put there. An interpreter only when it reads and writes the connection and no script
    /// is behind it: servers hand scripts their connection (FastCGI as descriptor 0, inetd as 0 and 1).
    /// </summary>
    private static string? OnSocket(ProcessInfo process) =>
        (process.Flags & Sockets) == 0 ? null
        : ProgramNames.IsShell(process.Binary, process.Arguments)
            ? $"a shell whose {((process.Flags & InAndOut) != 0 ? "input or output" : "messages")} {((process.Flags & InAndOut) != 0 ? "is" : "go to")}"
        : (process.Flags & InAndOut) == InAndOut && process.Script.Length == 0 && ProgramNames.IsInterpreter(process.Binary) ? "an interpreter without a script whose input and output are"
        : null;

    /// <summary>
    /// fexecve of a file that was unlinked, or never had a name (O_TMPFILE). Not what replaces itself: a program of a package that was upgraded under it
    /// executes its own old file by /proc/self/exe. Of a process that was there at the start it says only that its file was removed since.
    /// </summary>
    private static bool IsPathless(ExecObservation exec) =>
        exec.Container is not null
        && (exec.Process.Flags & (ProcessFlags.Deleted | ProcessFlags.Memfd | ProcessFlags.AtStart)) == ProcessFlags.Deleted
        && !(exec.Lineage.Count > 1 && IsSameFile(exec.Process, exec.Lineage[1]))
        && !IsRuntimeClone(exec);

    private static bool IsSameFile(ProcessInfo one, ProcessInfo other) => one.Inode != 0 && other.Inode != 0
        ? (one.Inode, one.Device) == (other.Inode, other.Device)
        : Living(one.Binary) == Living(other.Binary);

    /// <summary>"/usr/bin/tool (deleted)" without what /proc adds.</summary>
    private static string Living(string path) => path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path[..^" (deleted)".Length] : path;

    /// <summary>
    /// runc and crun copy themselves to a memfd and execute that before a container's (or an exec session's) first program, so that the container
    /// cannot overwrite them (CVE-2019-5736); without memfd runc takes an unnamed file in its own state folder. Nothing of the container is above such
    /// a process: only runtimes are, or nothing.
    /// </summary>
    /// <remarks>
    /// /memfd:runc_cloned:/proc/self/exe (deleted)     runc init
    /// /run/containerd/runc/k8s.io/0f3c…/runc.a8Gk2X (deleted)     runc init
    /// </remarks>
    private static bool IsRuntimeClone(ExecObservation exec)
    {
        var process = exec.Process;
        var name = process.Binary;
        var isClone = name.Contains("runc_cloned:", StringComparison.Ordinal) || name.Contains("crun_clone", StringComparison.Ordinal)
            || ((process.Flags & ProcessFlags.Deleted) != 0 && name.StartsWith("/run/", StringComparison.Ordinal) && name.Contains("/runc", StringComparison.Ordinal));
        return isClone
            && (process.Arguments.Contains("init") || process.Arguments.Any(argument => ProgramNames.IsContainerRuntime(argument)))
            && OnlyRuntimesAbove(exec);
    }

    private static bool OnlyRuntimesAbove(Observation observation)
    {
        for (var i = 1; i < observation.Lineage.Count; i++)
        {
            var ancestor = observation.Lineage[i].Binary;
            var isHostsOwn = observation.Scope.IsHost && i > 1;
            if (!isHostsOwn && !ProgramNames.IsContainerRuntime(ancestor) && !ancestor.Contains("runc_cloned:", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
