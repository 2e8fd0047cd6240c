using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>
/// What the container runtime was asked to run in a scope's containers, until it is known whether that is the deployment's own (a probe, a hook) or
/// somebody's session. All of them come by the same road, so only what people do not do tells them apart: the same arguments in every replica from its first
/// minutes on without a pause, or in the first seconds of every start. Pure; not thread-safe.
/// </summary>
internal sealed class RuntimeCommands
{
    public const string Section = "commands";
    public const byte Version = 1;

    /// <summary>The agents' bound of a lineage: of one that long the root may be missing.</summary>
    private const int LongestLineage = 16;
    private const int MaxWatched = 16;
    private const int MaxInstances = 8;
    private const int HookStarts = 3;

    /// <summary>A hook of the start is run by the kubelet itself, right behind the container's first process.</summary>
    private static readonly long Prompt = TimeSpan.FromSeconds(10).Ticks;

    /// <summary>At most <see cref="MaxWatched"/>: the one unseen for longest leaves. What is recognised leaves too.</summary>
    private readonly List<Watched> _watched = [];

    public bool HasAny => _watched.Count > 0;

    /// <summary>
    /// Whether arguments alone say what is done: not for a shell that takes its commands from elsewhere, a file that was put there after the start, or
    /// arguments that were cut.
    /// </summary>
    /// <param name="lineage">The process first.</param>
    public static bool IsDefinite(IReadOnlyList<ProcessInfo> lineage)
    {
        const ProcessFlags unclear = ProcessFlags.ArgumentsTruncated | ProcessFlags.PathTruncated | ProcessFlags.ParentUnknown
            | ProcessFlags.UpperLayer | ProcessFlags.Memfd | ProcessFlags.Deleted;
        var root = lineage[^1];
        return lineage.Count < LongestLineage && root.Phase == Phase.Session && (root.Flags & unclear) == 0 && !TakesCommands(root);
    }

    /// <summary>One sighting of a command that is not recognised yet.</summary>
    /// <returns>True when it is, by this sighting; it is then watched no more.</returns>
    public bool See(ReadOnlySpan<char> key, Replica replica, in Sight sight, ReplicaTable replicas, BaselineOptions options)
    {
        var watched = Find(key, sight.First);
        watched.Last = Math.Max(watched.Last, sight.Last);
        var at = watched.Instances.FindIndex(instance => instance.Ordinal == replica.Ordinal);
        if (at < 0)
        {
            if (watched.Instances.Count >= MaxInstances)
            {
                return false;
            }

            watched.Instances.Add(Begin(replica, sight, fromStart: sight.First - replica.FirstSeen <= options.JoinWindow.Ticks));
        }
        else
        {
            var instance = watched.Instances[at];
            watched.Instances[at] = sight.First - instance.Last > options.JoinWindow.Ticks
                ? Begin(replica, sight, fromStart: false)
                : instance with { Last = Math.Max(instance.Last, sight.Last), IsPrompt = IsPrompt(replica, sight) && instance.IsPrompt };
        }

        var isOwn = IsProbe(watched, replicas, sight.Last, options) || IsHook(watched, replicas);
        if (isOwn)
        {
            _watched.Remove(watched);
        }

        return isOwn;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_watched.Count);
        foreach (var watched in _watched)
        {
            writer.Write(watched.Key);
            writer.Write(watched.First);
            writer.Write(watched.Last);
            writer.Write(watched.Instances.Count);
            foreach (var instance in watched.Instances)
            {
                writer.Write(instance.Ordinal);
                writer.Write(instance.First);
                writer.Write(instance.Last);
                writer.Write(instance.FromStart);
                writer.Write(instance.IsPrompt);
            }
        }
    }

    /// <exception cref="FormatException">More than are ever kept.</exception>
    public void Read(BinaryReader reader)
    {
        for (var left = Bounded(reader.ReadInt32(), MaxWatched, "commands"); left > 0; left--)
        {
            var watched = new Watched { Key = reader.ReadString(), First = reader.ReadInt64(), Last = reader.ReadInt64() };
            for (var more = Bounded(reader.ReadInt32(), MaxInstances, "instances of a command"); more > 0; more--)
            {
                watched.Instances.Add(new Instance(reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadBoolean(), reader.ReadBoolean()));
            }

            _watched.Add(watched);
        }
    }

    /// <summary>Every replica shows it without a pause: from its first minutes on, or for a whole day. As many of them as make a quorum, or the only one for longer.</summary>
    private static bool IsProbe(Watched watched, ReplicaTable replicas, long now, BaselineOptions options)
    {
        var (span, pause, day) = (options.GrowthCap.Ticks, options.JoinWindow.Ticks, options.Day.Ticks);
        var live = replicas.Live(now - day);
        var fromStart = watched.Instances.Exists(instance => instance.FromStart && instance.Last - instance.First >= span);
        var regular = 0;
        foreach (var instance in watched.Instances)
        {
            regular += IsRegular(instance) && (live > 1 || instance.Last - instance.First >= 6 * span) ? 1 : 0;
        }

        // Who is too young to have shown it, or was there before it was configured, says nothing against it.
        return regular >= (live > 1 ? Math.Clamp((live + 1) / 2, 2, 3) : 1) && replicas.All.All(replica => replica.Ended || replica.LastSeen < now - day
            || replica.FirstSeen > now - 2 * pause
            || (fromStart && replica.FirstSeen < watched.First - pause)
            || IsShownBy(watched, replica, instance => instance.FromStart || IsRegular(instance)));

        bool IsRegular(Instance instance) => instance.Last - instance.First >= (instance.FromStart ? span : day);
    }

    private static bool IsHook(Watched watched, ReplicaTable replicas) =>
        watched.Instances.Count(instance => instance.IsPrompt) >= HookStarts
        && replicas.All.All(replica => !replica.StartWatched || replica.FirstSeen < watched.First - Prompt || IsShownBy(watched, replica, instance => instance.IsPrompt));

    /// <summary>Those that came after the table was full are not asked.</summary>
    private static bool IsShownBy(Watched watched, Replica replica, Predicate<Instance> how) =>
        watched.Instances.Exists(instance => instance.Ordinal == replica.Ordinal && how(instance))
        || (watched.Instances.Count == MaxInstances && watched.Instances.TrueForAll(instance => instance.Ordinal < replica.Ordinal));

    private static Instance Begin(Replica replica, in Sight sight, bool fromStart) =>
        new(replica.Ordinal, sight.First, sight.Last, fromStart, fromStart && IsPrompt(replica, sight));

    private static bool IsPrompt(Replica replica, in Sight sight) => replica.StartWatched && sight.Last - replica.FirstSeen <= Prompt;

    private static bool TakesCommands(ProcessInfo root)
    {
        if (root.Script.Length > 0)
        {
            return false;
        }

        var name = ProgramNames.CalledName(root.Binary, root.Arguments);
        return ProgramNames.IsShell(root.Binary, root.Arguments) ? !root.Arguments.Skip(1).Any(IsCommandOption)
            : ProgramNames.IsInterpreter(name) && !root.Arguments.Skip(1).Any(argument => argument is "-c" or "-e" or "-r" or "-E");
    }

    /// <summary>-c, -ec, -lc; with s or i a shell reads on behind it.</summary>
    private static bool IsCommandOption(string argument) =>
        argument.Length > 1 && argument[0] == '-' && argument[1] != '-' && argument.Contains('c', StringComparison.Ordinal) && argument.AsSpan().IndexOfAny('s', 'i') < 0;

    private Watched Find(ReadOnlySpan<char> key, long first)
    {
        foreach (var watched in _watched)
        {
            if (key.SequenceEqual(watched.Key))
            {
                return watched;
            }
        }

        if (_watched.Count >= MaxWatched)
        {
            _watched.Remove(_watched.MinBy(watched => (watched.Last, watched.Key))!);
        }

        var added = new Watched { Key = key.ToString(), First = first, Last = first };
        _watched.Add(added);
        return added;
    }

    private static int Bounded(int count, int most, string what) =>
        count >= 0 && count <= most ? count : throw new FormatException($"{count} {what}; at most {most} are kept");

    /// <summary>A command, by <see cref="ItemKey.Command"/>.</summary>
    private sealed class Watched
    {
        public required string Key { get; init; }

        /// <summary>UTC ticks, as all of these.</summary>
        public required long First { get; init; }
        public required long Last { get; set; }

        /// <summary>In order of first sight; at most <see cref="MaxInstances"/>.</summary>
        public List<Instance> Instances { get; } = [];
    }

    /// <param name="First">Since when without a pause.</param>
    /// <param name="FromStart">From the instance's first minutes on, or the first minutes in which it was watched.</param>
    /// <param name="IsPrompt">In the first seconds of a start that was watched, and never later.</param>
    private readonly record struct Instance(int Ordinal, long First, long Last, bool FromStart, bool IsPrompt);
}
