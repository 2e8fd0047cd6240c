using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Detection;

/// <summary>A fact that needs no baseline.</summary>
/// <param name="Rule">Stable name.</param>
/// <param name="Words">What happened, without where.</param>
internal sealed record TierZeroFact(string Rule, string Words, string Technique)
{
    /// <summary>Medium, High or Critical: all of them alert.</summary>
    public Severity Severity { get; init; } = Severity.Critical;

    /// <summary>
    /// Only what this scope never did: not state that was there at the start, not what its baseline holds already (whoever put it there), not what a
    /// person approved. Such a fact is never learnt, so it stays one until a person says otherwise.
    /// </summary>
    public bool OnlyWhenNew { get; init; }

    /// <summary>The evidence that an incident of the fact's severity has.</summary>
    public double EValue => Severity switch
    {
        Severity.Critical => IncidentWeight.Cap,
        Severity.High => 10 * Baselines.LockRule.LockedThreshold,
        _ => Baselines.LockRule.LockedThreshold,
    };
}

/// <summary>Facts that alert from the first second and are never learnt.</summary>
internal static partial class TierZero
{
    public const string Memfd = "memfd_exec";
    public const string Pathless = "pathless_exec";
    public const string Stratum = "stratum";
    public const string PoolName = "pool_name";
    public const string Miner = "miner_arguments";
    public const string UpperLayer = "upper_layer_exec_by_server";
    public const string OddPlace = "odd_place_exec_by_server";
    public const string ShellOnSocket = "shell_on_socket";
    public const string LoaderPreload = "ld_so_preload";
    public const string HiddenProcess = "hidden_process";
    public const string HostControl = "host_control";
    public const string RegisterWrite = "msr_write";
    public const string KernelModule = "kernel_module";
    public const string BpfLoad = "bpf_load";
    public const string RuntimeSocket = "runtime_socket";
    public const string KubeletCredential = "kubelet_credential";
    public const string HostNamespace = "host_namespace";
    public const string RandomX = "randomx";
    public const string BadProgram = "known_bad_program";
    public const string BadPath = "known_bad_path";
    public const string Blind = "blind";

    /// <summary>Every fact of the program, as the rules switch them on and off.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Stratum, PoolName, Miner, RandomX, Memfd, Pathless, UpperLayer, OddPlace, ShellOnSocket, LoaderPreload, HiddenProcess, HostControl, RegisterWrite, KernelModule, BpfLoad,
        RuntimeSocket, KubeletCredential, HostNamespace, BadProgram, BadPath,
        BinaryFacts.PackageMismatch, BinaryFacts.ReplicasDiffer, Blind,
    ];

    /// <summary>Which fact tells a person most: names an incident that holds several.</summary>
    /// <param name="key">"stratum|/tmp/x"; anything else ranks lowest.</param>
    public static int Rank(string key) => key.AsSpan(0, Math.Max(0, key.IndexOf('|'))) switch
    {
        Stratum => 7,
        PoolName => 6,
        Miner or RandomX => 5,
        ShellOnSocket or HostControl or HostNamespace or KernelModule => 4,
        Memfd or BinaryFacts.PackageMismatch or BinaryFacts.ReplicasDiffer or Pathless or BadProgram or BpfLoad => 3,
        LoaderPreload or HiddenProcess or RuntimeSocket or KubeletCredential or BadPath => 2,
        UpperLayer or OddPlace or RegisterWrite => 1,
        _ => 0,
    };

    /// <param name="key">"stratum|/tmp/x", or another kind's key, which no rule begins.</param>
    public static bool Is(string key, string rule) => key.Length > rule.Length && key[rule.Length] == '|' && key.StartsWith(rule, StringComparison.Ordinal);

    /// <param name="rules">Which facts count, and their names; null: the built-in ones.</param>
    /// <returns>At most one fact an observation: the strongest of the program's own, else the first of the rules'. Null when it is none.</returns>
    public static TierZeroFact? Judge(Observation observation, RuleSet? rules = null)
    {
        rules ??= RuleSet.BuiltIn;
        var fact = observation switch
        {
            ExecObservation exec => OfExec(exec, rules),
            NetworkObservation network => OfNetwork(network, rules),
            FileObservation file => OfFile(file, rules),
            PrivilegeObservation privilege => OfPrivilege(privilege, rules),
            SightObservation { IsBlind: true } sight when rules.IsOn(Blind) => new TierZeroFact(Blind, DisplayText.Escape(SightWords.Of(sight)), "T1562.001"),
            _ => null,
        };
        return fact ?? rules.OwnFact(observation);
    }

    private static string Who(ProcessInfo process) => DisplayText.Path(process.Binary);
}
