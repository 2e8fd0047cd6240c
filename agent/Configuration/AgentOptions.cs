using System.Collections;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Health;
using Runtime.Agent.Managed;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Resources;
using Runtime.Agent.Sight;
using Runtime.Agent.Streaming;

namespace Runtime.Agent.Configuration;

/// <summary>Every setting of the agent. README.md lists the keys; a test compares the two.</summary>
internal sealed record AgentOptions
{
    /// <summary>As the operator names the cluster, 1 to 128 characters.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>The node's name; empty: the host's.</summary>
    public string Node { get; init; } = "";

    /// <summary>Folder for the sign of life and, without /etc/machine-id, the machine's name.</summary>
    public string State { get; init; } = "/var/lib/runtime-agent";
    public LogLevel Log { get; init; } = LogLevel.Information;

    /// <summary>Gives back the capabilities that loading took, and has the kernel refuse calls that the agent never makes.</summary>
    public bool DropPrivileges { get; init; } = true;
    public CollectorOptions Collector { get; init; } = new();
    public CaptureOptions Capture { get; init; } = new();
    public ProcessOptions Processes { get; init; } = new();
    public ContainerOptions Containers { get; init; } = new();
    public BinaryOptions Binaries { get; init; } = new();
    public ManagedOptions Managed { get; init; } = new();
    public ReductionOptions Reduction { get; init; } = new();
    public StreamingOptions Streaming { get; init; } = new();
    public SightOptions Sight { get; init; } = new();
    public ResourceOptions Resources { get; init; } = new();

    /// <param name="faults">Gets all that is wrong; with faults the options are not to be used.</param>
    public static AgentOptions Load(string? file, IDictionary environment, IEnumerable<string> given, List<string> faults)
    {
        var reader = new SettingsReader(SettingsSources.Load(file, environment, given, faults), faults);
        var options = Read(reader);
        reader.RefuseUnknown();
        options.Check(faults);
        return options;
    }

    internal static AgentOptions Read(SettingsReader reader)
    {
        var (second, minute, hour) = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        var unset = new AgentOptions();
        var containers = ReadContainers(reader, unset.Containers);
        var (capture, processes, reduction, streaming) = (unset.Capture, unset.Processes, unset.Reduction, unset.Streaming);
        return new()
        {
            Cluster = reader.Text("Cluster", unset.Cluster),
            Node = reader.Text("Node", unset.Node),
            State = reader.Text("State", unset.State),
            Log = reader.Choice("Log", unset.Log),
            DropPrivileges = reader.Flag("DropPrivileges", unset.DropPrivileges),
            Collector = new()
            {
                Address = reader.Text("Collector:Address", unset.Collector.Address, shortForm: "Collector"),
                Certificate = reader.Text("Collector:Certificate", ""),
                Key = reader.Text("Collector:Key", ""),
                Ca = reader.Text("Collector:Ca", ""),
            },
            Capture = new()
            {
                RingBytes = (int)reader.Size("Capture:RingBytes", capture.RingBytes, 64 * 1024, 512 * 1024 * 1024),
                WakeBytes = (int)reader.Size("Capture:WakeBytes", capture.WakeBytes, 1, 128 * 1024 * 1024),
                WakeOnExec = reader.Flag("Capture:WakeOnExec", capture.WakeOnExec),
                SensitivePaths = reader.List("Capture:SensitivePaths") ?? capture.SensitivePaths,
                DisabledHooks = reader.List("Capture:DisabledHooks")?.ToHashSet(StringComparer.Ordinal) ?? capture.DisabledHooks,
                Rung = reader.Whole("Capture:Rung", capture.Rung, 0, 3),
                ScanInterval = reader.Duration("Capture:ScanInterval", capture.ScanInterval, TimeSpan.FromMilliseconds(50), minute),
                RepeatInterval = reader.Duration("Capture:RepeatInterval", capture.RepeatInterval, TimeSpan.Zero, TimeSpan.FromMinutes(1)),
                FlowInterval = reader.Duration("Capture:FlowInterval", capture.FlowInterval, TimeSpan.Zero, hour),
                RoundingInterval = reader.Duration("Capture:RoundingInterval", capture.RoundingInterval, TimeSpan.Zero, hour),
                CoverageInterval = reader.Duration("Capture:CoverageInterval", capture.CoverageInterval, TimeSpan.Zero, 24 * hour),
            },
            Processes = new()
            {
                InitPhaseMinimum = reader.Duration("Processes:InitPhaseMinimum", processes.InitPhaseMinimum, TimeSpan.FromMilliseconds(1), hour),
                InitPhaseMaximum = reader.Duration("Processes:InitPhaseMaximum", processes.InitPhaseMaximum, TimeSpan.FromMilliseconds(1), 24 * hour),
                ExitGrace = reader.Duration("Processes:ExitGrace", processes.ExitGrace, TimeSpan.Zero, minute),
                MaxProcesses = reader.Whole("Processes:MaxProcesses", processes.MaxProcesses, 1024, 4_194_304),
                MaxExited = reader.Whole("Processes:MaxExited", processes.MaxExited, 16, 4_194_304),
            },
            Containers = containers,
            Binaries = ReadBinaries(reader, unset.Binaries),
            Managed = new()
            {
                Enabled = reader.Flag("Managed:Enabled", unset.Managed.Enabled),
                MaxProcesses = reader.Whole("Managed:MaxProcesses", unset.Managed.MaxProcesses, 4, 16_384),
                PollInterval = reader.Duration("Managed:PollInterval", unset.Managed.PollInterval, TimeSpan.FromMilliseconds(100), 10 * minute),
                AnswerTimeout = reader.Duration("Managed:AnswerTimeout", unset.Managed.AnswerTimeout, TimeSpan.FromMilliseconds(100), minute),
            },
            Reduction = new()
            {
                ReportInterval = reader.Duration("Reduction:ReportInterval", reduction.ReportInterval, TimeSpan.FromMilliseconds(50), hour),
                MaxKeys = reader.Whole("Reduction:MaxKeys", reduction.MaxKeys, 64, 65_536),
                MaxKeysTotal = reader.Whole("Reduction:MaxKeysTotal", reduction.MaxKeysTotal, 64, 4_194_304),
                MaxWaiting = reader.Whole("Reduction:MaxWaiting", reduction.MaxWaiting, 16, 65_536),
                MetadataWait = containers.MetadataWait,
            },
            Streaming = new()
            {
                QueueCapacity = reader.Whole("Streaming:QueueCapacity", streaming.QueueCapacity, 1000, 4_194_304),
                BatchRows = reader.Whole("Streaming:BatchRows", streaming.BatchRows, 1, 100_000),
                UrgentDelay = reader.Duration("Streaming:UrgentDelay", streaming.UrgentDelay, TimeSpan.Zero, second),
                BatchDelay = reader.Duration("Streaming:BatchDelay", streaming.BatchDelay, TimeSpan.Zero, minute),
                WindowBatches = reader.Whole("Streaming:WindowBatches", streaming.WindowBatches, 1, 1024),
                WindowBytes = reader.Size("Streaming:WindowBytes", streaming.WindowBytes, 64 * 1024, 1024 * 1024 * 1024),
                AnswerTimeout = reader.Duration("Streaming:AnswerTimeout", streaming.AnswerTimeout, second, 10 * minute),
                KeepAlive = reader.Duration("Streaming:KeepAlive", streaming.KeepAlive, second, 10 * minute),
                BackoffMinimum = reader.Duration("Streaming:BackoffMinimum", streaming.BackoffMinimum, TimeSpan.FromMilliseconds(1), minute),
                BackoffMaximum = reader.Duration("Streaming:BackoffMaximum", streaming.BackoffMaximum, TimeSpan.FromMilliseconds(1), hour),
                StatusInterval = reader.Duration("Streaming:StatusInterval", streaming.StatusInterval, TimeSpan.FromMilliseconds(100), 10 * minute),
                DrainTimeout = reader.Duration("Streaming:DrainTimeout", streaming.DrainTimeout, TimeSpan.Zero, minute),
            },
            Sight = new()
            {
                Interval = reader.Duration("Sight:Interval", unset.Sight.Interval, TimeSpan.Zero, hour),
                Timeout = reader.Duration("Sight:Timeout", unset.Sight.Timeout, TimeSpan.FromMilliseconds(10), minute),
            },
            Resources = new() { Interval = reader.Duration("Resources:Interval", unset.Resources.Interval, TimeSpan.Zero, hour) },
        };
    }

    private static BinaryOptions ReadBinaries(SettingsReader reader, BinaryOptions unset) => new()
    {
        Enabled = reader.Flag("Binaries:Enabled", unset.Enabled),
        MaxFileBytes = reader.Size("Binaries:MaxFileBytes", unset.MaxFileBytes, 4096, 4L << 30),
        BytesPerSecond = reader.Size("Binaries:BytesPerSecond", unset.BytesPerSecond, 64 * 1024, 4L << 30),
        QueueLength = reader.Whole("Binaries:QueueLength", unset.QueueLength, 16, 65_536),
        CacheEntries = reader.Whole("Binaries:CacheEntries", unset.CacheEntries, 16, 1_048_576),
        Share = reader.Flag("Binaries:Share", unset.Share),
        VerifyOneIn = reader.Whole("Binaries:VerifyOneIn", unset.VerifyOneIn, 1, 1024),
        Packages = reader.Flag("Binaries:Packages", unset.Packages),
    };

    private static ContainerOptions ReadContainers(SettingsReader reader, ContainerOptions unset)
    {
        var (millisecond, hour) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        // One list for all; Docker's and Podman's sockets are known by their names.
        var all = reader.List("Containers:Sockets");
        return new()
        {
            CriSockets = reader.List("Containers:CriSockets") ?? all?.Where(s => !SpeaksDocker(s)).ToArray() ?? unset.CriSockets,
            DockerSockets = reader.List("Containers:DockerSockets") ?? all?.Where(SpeaksDocker).ToArray() ?? unset.DockerSockets,
            CgroupRoot = reader.Text("Containers:CgroupRoot", unset.CgroupRoot),
            ProcRoot = reader.Text("Containers:ProcRoot", unset.ProcRoot),
            HostRoot = reader.Text("Containers:HostRoot", unset.HostRoot),
            CallTimeout = reader.Duration("Containers:CallTimeout", unset.CallTimeout, millisecond, hour),
            MetadataWait = reader.Duration("Containers:MetadataWait", unset.MetadataWait, millisecond, hour),
            PossibleWait = reader.Duration("Containers:PossibleWait", unset.PossibleWait, millisecond, hour),
            RetryMinimum = reader.Duration("Containers:RetryMinimum", unset.RetryMinimum, millisecond, hour),
            RetryMaximum = reader.Duration("Containers:RetryMaximum", unset.RetryMaximum, millisecond, hour),
            KeepAfterRemoval = reader.Duration("Containers:KeepAfterRemoval", unset.KeepAfterRemoval, millisecond, 24 * hour),
            MaxCgroups = reader.Whole("Containers:MaxCgroups", unset.MaxCgroups, 1024, 1_048_576),
        };

        static bool SpeaksDocker(string socket) => Path.GetFileName(socket) is "docker.sock" or "podman.sock";
    }

    /// <summary>Rules across keys, and those that the features know.</summary>
    private void Check(List<string> faults)
    {
        if (Cluster.Length is 0 or > 128)
            faults.Add($"Cluster is \"{Cluster}\": must have 1 to 128 characters");
        if (Node.Length > 253)
            faults.Add($"Node is \"{Node}\": must have at most 253 characters");
        if (!State.StartsWith('/'))
            faults.Add($"State is \"{State}\": must be an absolute path");
        if (Reduction.MaxKeysTotal < Reduction.MaxKeys)
            faults.Add($"Reduction:MaxKeysTotal is {Reduction.MaxKeysTotal}: must be at least Reduction:MaxKeys ({Reduction.MaxKeys})");
        if (Streaming.BatchDelay < Streaming.UrgentDelay)
            faults.Add($"Streaming:BatchDelay is {SettingText.Of(Streaming.BatchDelay)}: must be at least Streaming:UrgentDelay ({SettingText.Of(Streaming.UrgentDelay)})");
        if (Streaming.BackoffMaximum < Streaming.BackoffMinimum)
            faults.Add($"Streaming:BackoffMaximum is {SettingText.Of(Streaming.BackoffMaximum)}: must be at least Streaming:BackoffMinimum ({SettingText.Of(Streaming.BackoffMinimum)})");
        if (Sight.Interval != TimeSpan.Zero && Sight.Timeout > Sight.Interval)
            faults.Add($"Sight:Timeout is {SettingText.Of(Sight.Timeout)}: must be at most Sight:Interval ({SettingText.Of(Sight.Interval)})");
        faults.AddRange(Collector.Faults());
        faults.AddRange(Capture.Faults());
        faults.AddRange(Processes.Faults());
        faults.AddRange(Containers.Faults());
    }
}
