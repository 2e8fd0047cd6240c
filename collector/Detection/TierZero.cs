using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Detection;

/// <summary>A fact that needs no baseline.</summary>
/// <param name="Rule">Stable name.</param>
/// <param name="Words">What happened, without where.</param>
internal sealed record TierZeroFact(string Rule, string Words, string Technique);

/// <summary>Facts that alert from the first second, are critical and are never learnt.</summary>
internal static class TierZero
{
    public const string Memfd = "memfd_exec";
    public const string Stratum = "stratum";
    public const string Miner = "miner_arguments";
    public const string UpperLayer = "upper_layer_exec_by_server";
    public const string ShellOnSocket = "shell_on_socket";
    public const string LoaderPreload = "ld_so_preload";
    public const string HiddenProcess = "hidden_process";
    public const string Blind = "blind";
    public const string HostControl = "host_control";

    /// <summary>Which fact tells a person most: names an incident that holds several.</summary>
    /// <param name="key">"stratum|/tmp/x"; anything else ranks lowest.</param>
    public static int Rank(string key) => key.AsSpan(0, Math.Max(0, key.IndexOf('|'))) switch
    {
        Stratum => 6,
        Miner => 5,
        ShellOnSocket => 4,
        Memfd or BinaryFacts.PackageMismatch or BinaryFacts.ReplicasDiffer => 3,
        HostControl => 4,
        LoaderPreload or HiddenProcess => 2,
        UpperLayer => 1,
        _ => 0,
    };

    /// <param name="key">"stratum|/tmp/x", or another kind's key, which no rule begins.</param>
    public static bool Is(string key, string rule) => key.Length > rule.Length && key[rule.Length] == '|' && key.StartsWith(rule, StringComparison.Ordinal);

    /// <returns>At most one fact an observation: the strongest. Null when it is none.</returns>
    public static TierZeroFact? Judge(Observation observation) => observation switch
    {
        ExecObservation exec => OfExec(exec),
        NetworkObservation network => OfNetwork(network),
        FileObservation file => OfFile(file),
        PrivilegeObservation privilege => OfPrivilege(privilege),
        SightObservation { IsBlind: true } sight => new TierZeroFact(Blind, DisplayText.Escape(SightWords.Of(sight)), "T1562.001"),
        _ => null,
    };

    private static TierZeroFact? OfExec(ExecObservation exec)
    {
        var process = exec.Process;
        if ((process.Flags & ProcessFlags.Memfd) != 0 && !IsRuntimeClone(exec))
        {
            return new TierZeroFact(Memfd, $"{Who(process)} was executed from memory (memfd), without a file", "T1620");
        }

        if ((process.Flags & (ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket)) != 0 && ProgramNames.IsShell(process.Binary, process.Arguments))
        {
            return new TierZeroFact(ShellOnSocket, $"{Who(process)} is a shell whose input or output is a network connection", "T1059.004");
        }

        if ((process.Flags & (ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing)) == (ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing)
            && process.Phase is not Phase.Session)
        {
            return new TierZeroFact(UpperLayer, $"{Who(process)}, a file written after the container started, was executed below a process that serves the network", "T1105");
        }

        return null;
    }

    private static TierZeroFact? OfNetwork(NetworkObservation network)
    {
        if (network.Operation == NetworkOperation.FirstBytes && network.Payload == "stratum")
        {
            return new TierZeroFact(Stratum, $"{Who(network.Process)} speaks Stratum, the protocol of mining pools, with {Where(network)}", "T1496.001");
        }

        if (network.Operation is not (NetworkOperation.Connect or NetworkOperation.UdpPeer))
        {
            return null;
        }

        foreach (var process in network.Lineage)
        {
            if (MinerArguments.Find(process) is { } argument && IsBehaviour(network, process))
            {
                return new TierZeroFact(
                    Miner, $"{Who(process)} was started like a miner ({DisplayText.Shorten(DisplayText.Escape(argument), 80)}) and connected to {Where(network)}", "T1496.001");
            }
        }

        return null;
    }

    /// <summary>Asking a resolver is what any program does; the own host counts only when the arguments name the port.</summary>
    private static bool IsBehaviour(NetworkObservation network, ProcessInfo told) => Peers.KindOf(network) switch
    {
        PeerKind.Self => MinerArguments.NamesPort(told, network.RemotePort),
        PeerKind.Dns or PeerKind.Unknown or PeerKind.Multicast => false,
        _ => network.RemotePort != 53,
    };

    private static TierZeroFact? OfFile(FileObservation file) =>
        file is { Operation: FileOperation.SensitiveWrite, Container: not null } && Places.Control(file.Path) is { Class: "core_pattern" or "release_agent" or "helper" or "memory_device" } control
            ? new TierZeroFact(HostControl, $"{Who(file.Process)} set {control.Words} ({DisplayText.Path(file.Path)}): the way out of a container", "T1611")
            : file.Operation is FileOperation.Write or FileOperation.Create or FileOperation.Rename or FileOperation.Link or FileOperation.Symlink
        && file.Path == "/etc/ld.so.preload"
            ? new TierZeroFact(LoaderPreload, $"{Who(file.Process)} wrote /etc/ld.so.preload, which puts a library into every program", "T1574.006")
            : null;

    /// <summary>A mount over /proc/PID: tools then show nothing of that process. Masked files of /proc have no number for a name.</summary>
    private static TierZeroFact? OfPrivilege(PrivilegeObservation privilege) =>
        privilege is { Operation: PrivilegeOperation.Mount, Error: 0 } && IsProcess(privilege.Subject)
            ? new TierZeroFact(HiddenProcess, $"{Who(privilege.Process)} mounted something over {DisplayText.Path(privilege.Subject)}, which hides that process", "T1564.013")
            : null;

    /// <summary>"/proc/17", not "/proc/17/ns/net", which keeps a namespace, nor "/proc/acpi".</summary>
    private static bool IsProcess(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) && path.Length > 6 && !path.AsSpan(6).ContainsAnyExceptInRange('0', '9');

    /// <summary>
    /// runc and crun copy themselves to a memfd and execute that before a container's (or an exec session's) first program, so that the container
    /// cannot overwrite them (CVE-2019-5736). Nothing of the container is above such a process: only runtimes are, or nothing.
    /// </summary>
    private static bool IsRuntimeClone(ExecObservation exec)
    {
        var process = exec.Process;
        var name = process.Binary;
        if (!name.Contains("runc_cloned:", StringComparison.Ordinal) && !name.Contains("crun_clone", StringComparison.Ordinal))
        {
            return false;
        }

        if (!process.Arguments.Contains("init") && !process.Arguments.Any(argument => ProgramNames.IsContainerRuntime(argument)))
        {
            return false;
        }

        for (var i = 1; i < exec.Lineage.Count; i++)
        {
            var ancestor = exec.Lineage[i].Binary;
            var isHostsOwn = exec.Scope.IsHost && i > 1;
            if (!isHostsOwn && !ProgramNames.IsContainerRuntime(ancestor) && !ancestor.Contains("runc_cloned:", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static string Who(ProcessInfo process) => DisplayText.Path(process.Binary);

    private static string Where(NetworkObservation network) => network.RemoteAddress is null
        ? "an unknown address"
        : new global::System.Net.IPEndPoint(network.RemoteAddress, network.RemotePort).ToString();
}
