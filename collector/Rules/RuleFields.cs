using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Rules;

internal enum FieldType
{
    Text,

    /// <summary>Of a file: "under" is a folder.</summary>
    Path,

    /// <summary>Of a host: "under" is a domain, letters' case ignored.</summary>
    Name,
    Choice,
    Number,
    Flag,
    Address,
}

/// <summary>Something that a condition can ask an observation for. One of the readers is set, as the type says.</summary>
internal sealed record RuleField(string Name, FieldType Type)
{
    /// <summary>Empty: it has no value.</summary>
    public Func<Observation, string>? One { get; init; }
    public Func<Observation, IEnumerable<string>>? Many { get; init; }
    public Func<Observation, long?>? Number { get; init; }
    public Func<Observation, bool>? Flag { get; init; }
    public Func<Observation, IPAddress?>? Address { get; init; }

    /// <summary>What a choice may be; empty for other types.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>As a sentence says it; "?" where there is no value.</summary>
    public string Show(Observation observation)
    {
        var text = Type switch
        {
            FieldType.Number => Number!(observation)?.ToString(CultureInfo.InvariantCulture) ?? "",
            FieldType.Flag => Flag!(observation) ? RuleFields.Yes : RuleFields.No,
            FieldType.Address => Address!(observation)?.ToString() ?? "",
            _ => Many is null ? One!(observation) : string.Join(' ', Many(observation)),
        };
        return text.Length > 0 ? text : "?";
    }
}

/// <summary>Every field, by the kind of observation. The same names are in rules.md.</summary>
internal static class RuleFields
{
    public const string Yes = "yes", No = "no";

    private static readonly RuleField[] _common =
    [
        Text("cluster", o => o.Scope.Cluster),
        Text("namespace", o => o.Scope.Namespace),
        Text("workload_kind", o => o.Scope.OwnerKind),
        Text("workload", o => o.Scope.OwnerName),
        Text("container", o => o.Container?.Name ?? ""),
        Text("pod", o => o.Container?.PodName ?? ""),
        Text("image", o => o.Container?.Image ?? ""),
        Text("image_digest", o => o.Container?.ImageDigest ?? ""),
        Text("node", o => o.Node),
        Flag("host", o => o.Container is null),
        Path("binary", o => o.Process.Binary),
        Text("program", o => ProgramNames.CalledName(o.Process.Binary, o.Process.Arguments)),
        Path("script", o => o.Process.Script),
        Many("argument", FieldType.Text, o => o.Process.Arguments.Skip(1)),
        Many("variable", FieldType.Text, o => o.Process.LoaderVariables),
        Path("cwd", o => o.Process.Cwd),
        Path("parent", o => o.Lineage.Count > 1 ? o.Lineage[1].Binary : ""),
        Many("ancestor", FieldType.Path, o => o.Lineage.Skip(1).Select(process => process.Binary)),
        Number("uid", o => o.Process.Uid),
        Number("euid", o => o.Process.Euid),
        Number("gid", o => o.Process.Gid),
        Choice<Phase>("phase", o => o.Process.Phase),
        Bit("memfd", ProcessFlags.Memfd),
        Bit("deleted", ProcessFlags.Deleted),
        Bit("upper_layer", ProcessFlags.UpperLayer),
        Bit("network_facing", ProcessFlags.NetworkFacing),
        Bit("stdin_socket", ProcessFlags.StdinSocket),
        Bit("stdout_socket", ProcessFlags.StdoutSocket),
        Bit("stderr_socket", ProcessFlags.StderrSocket),
        Bit("stdin_pipe", ProcessFlags.StdinPipe),
    ];

    private static readonly FrozenDictionary<string, RuleField[]> _kinds = new Dictionary<string, RuleField[]>
    {
        ["exec"] = [.. _common, Path("payload", o => o.Process.Payload)],
        ["file"] =
        [
            .. _common, Choice<FileOperation>("operation", o => ((FileObservation)o).Operation), Path("path", o => ((FileObservation)o).Path),
            Path("other_path", o => ((FileObservation)o).OtherPath), Flag("executable", o => (((FileObservation)o).Flags & FileFlags.Executable) != 0),
        ],
        ["network"] =
        [
            .. _common, Choice<NetworkOperation>("operation", o => ((NetworkObservation)o).Operation), Address("remote_address", o => ((NetworkObservation)o).RemoteAddress),
            Number("remote_port", o => ((NetworkObservation)o).RemotePort), Address("local_address", o => ((NetworkObservation)o).LocalAddress),
            Number("local_port", o => ((NetworkObservation)o).LocalPort), Number("protocol", o => ((NetworkObservation)o).Protocol),
            new("name", FieldType.Name) { One = o => ((NetworkObservation)o).Name }, Text("payload", o => ((NetworkObservation)o).Payload),
            Choice<PeerKind>("peer", o => Peers.KindOf((NetworkObservation)o)), Number("error", o => ((NetworkObservation)o).Error),
        ],
        ["privilege"] =
        [
            .. _common, Choice<PrivilegeOperation>("operation", o => ((PrivilegeObservation)o).Operation), Path("subject", o => ((PrivilegeObservation)o).Subject),
            Text("detail", o => ((PrivilegeObservation)o).Detail), Number("value", o => (long)Math.Min(((PrivilegeObservation)o).Value, long.MaxValue)),
            Number("error", o => ((PrivilegeObservation)o).Error),
        ],
        ["binary"] =
        [
            .. _common, Path("path", o => ((BinaryObservation)o).Path), Text("sha256", o => ((BinaryObservation)o).Sha256),
            Number("size", o => (long)Math.Min(((BinaryObservation)o).Size, long.MaxValue)), Flag("packed", o => ((BinaryObservation)o).Traits.HasFlag(BinaryTraits.Packed)),
        ],
        ["managed"] =
        [
            .. _common, Choice<ManagedOperation>("operation", o => ((ManagedObservation)o).Operation), Text("name", o => ((ManagedObservation)o).Name),
            Path("path", o => ((ManagedObservation)o).Path),
        ],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Bounded: the six of the table.</summary>
    public static IEnumerable<string> Kinds => _kinds.Keys.Order(StringComparer.Ordinal);

    /// <summary>Empty for what no fact can be made of.</summary>
    public static string KindOf(Observation observation) => observation switch
    {
        ExecObservation => "exec",
        FileObservation => "file",
        NetworkObservation => "network",
        PrivilegeObservation => "privilege",
        BinaryObservation => "binary",
        ManagedObservation => "managed",
        _ => "",
    };

    /// <param name="kind">Of <see cref="Kinds"/>.</param>
    public static IReadOnlyList<RuleField> Of(string kind) => _kinds[kind];

    /// <returns>Null: the kind has no such field.</returns>
    public static RuleField? Find(string kind, string name) => Array.Find(_kinds[kind], field => field.Name == name);

    private static RuleField Text(string name, Func<Observation, string> read) => new(name, FieldType.Text) { One = read };

    private static RuleField Path(string name, Func<Observation, string> read) => new(name, FieldType.Path) { One = read };

    private static RuleField Many(string name, FieldType type, Func<Observation, IEnumerable<string>> read) => new(name, type) { Many = read };

    private static RuleField Number(string name, Func<Observation, long?> read) => new(name, FieldType.Number) { Number = read };

    private static RuleField Flag(string name, Func<Observation, bool> read) => new(name, FieldType.Flag) { Flag = read, Choices = [Yes, No] };

    private static RuleField Address(string name, Func<Observation, IPAddress?> read) => new(name, FieldType.Address) { Address = read };

    private static RuleField Bit(string name, ProcessFlags bit) => Flag(name, o => (o.Process.Flags & bit) != 0);

    /// <summary>"set_uid" for SetUid.</summary>
    private static RuleField Choice<T>(string name, Func<Observation, T> read)
        where T : struct, Enum
    {
        var words = Enum.GetValues<T>().ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));
        return new(name, FieldType.Choice) { One = o => words.GetValueOrDefault(read(o), ""), Choices = [.. words.Values.Where(word => word != "unknown").Order(StringComparer.Ordinal)] };
    }
}
