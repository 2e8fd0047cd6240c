namespace Runtime.Agent.Processes;

/// <summary>How a process came into its container.</summary>
internal enum Lineage : byte
{
    /// <summary>In no container.</summary>
    Host,
    /// <summary>Put in by the runtime, and still the runtime's own program: its exec decides.</summary>
    Pending,
    /// <summary>The container's first process or below it.</summary>
    Main,
    /// <summary>Put in by the runtime when the first process was there already (kubectl exec, docker exec, probes), or below such.</summary>
    Session,
    /// <summary>Its fork was lost, and nothing tells the way it came.</summary>
    Unknown,
}

/// <summary>One run of a container as its processes tell it. Lives as long as the table holds a process of it.</summary>
internal sealed class ContainerLife(string id)
{
    private ulong _startBootNs;
    private ulong _lastExecBootNs;
    private bool _steady;

    public string Id { get; } = id;

    /// <summary>Processes of the table that are in it.</summary>
    public int Members { get; set; }

    /// <summary>Null until it was seen to execute.</summary>
    public ProcessEntry? First { get; private set; }

    /// <summary>Counts processes of it that became network facing: what was derived from an older number is to be derived again.</summary>
    public uint FacingVersion { get; set; }

    public bool HasLivingFirst => First is { Exited: false };

    /// <summary>A new run: the same container id starts again after its first process ended (docker restart).</summary>
    public void Begin(ProcessEntry first, ulong bootNs)
    {
        First = first;
        _startBootNs = bootNs;
        _lastExecBootNs = bootNs;
        _steady = false;
    }

    /// <summary>A process of the first one's lineage listens or accepted a connection.</summary>
    public void Serve() => _steady = true;

    /// <summary>An exec of the first one's lineage. Call after the phase of this exec was taken.</summary>
    public void Execute(ulong bootNs) => _lastExecBootNs = Math.Max(_lastExecBootNs, bootNs);

    /// <summary>
    /// Init until it serves; where it never serves, until both its age and the quiet since the last exec of its lineage reach
    /// the minimum (its start script has handed over), at most until the maximum. Then steady for good.
    /// </summary>
    public Phase PhaseOf(Lineage lineage, ulong nowBootNs, ProcessOptions options) => lineage switch
    {
        Lineage.Host => Phase.Host,
        Lineage.Session => Phase.Session,
        Lineage.Pending => HasLivingFirst ? Phase.Session : Phase.Init,
        Lineage.Main => IsSteady(nowBootNs, options) ? Phase.Steady : Phase.Init,
        _ => Phase.Unknown,
    };

    private bool IsSteady(ulong nowBootNs, ProcessOptions options)
    {
        if (!_steady && nowBootNs > _startBootNs)
        {
            var age = nowBootNs - _startBootNs;
            var quiet = nowBootNs > _lastExecBootNs ? nowBootNs - _lastExecBootNs : 0;
            var minimum = (ulong)options.InitPhaseMinimum.Ticks * 100;
            _steady = age >= (ulong)options.InitPhaseMaximum.Ticks * 100 || (age >= minimum && quiet >= minimum);
        }
        return _steady;
    }
}
