using System.Globalization;
using Runtime.Collector.Inventory;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>A batch's processes, checked, with their lineages. A lineage is one list, shared by all rows that name the process.</summary>
internal sealed class ProcessTable
{
    public const int MaxLineage = 16;
    private const string Table = "processes";

    private readonly ProcessInfo?[] _processes;
    private readonly int[] _parents;
    private readonly int[] _containers;
    private readonly IReadOnlyList<ProcessInfo>?[] _lineages;

    public ProcessTable(ProcessColumns columns, BatchTexts texts, SeenContainer?[] containers, BatchTime time, int most, Rejections rejections)
    {
        Columns.FillAbsent(columns.LoaderVariables, columns.Pid.Count);
        Columns.FillAbsent(columns.Payload, columns.Pid.Count);
        var rows = Rows(columns, most, rejections);
        _processes = new ProcessInfo?[rows];
        _lineages = new IReadOnlyList<ProcessInfo>?[rows];
        _parents = new int[rows];
        _containers = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            if (Fault(columns, row, containers) is { } fault)
            {
                rejections.Add(Table, row, fault.Column, fault.Value, fault.Rule);
                continue;
            }

            if (Texts(columns, row, texts, rejections) is not var (binary, arguments, cwd, script, variables, payload))
            {
                continue;
            }

            var argumentList = Split(arguments);
            if (script.Length == 0)
            {
                script = ScriptArgument.Find(binary, argumentList, cwd);
            }

            _parents[row] = (int)columns.Parent[row];
            _containers[row] = (int)columns.Container[row];
            var modified = columns.ModifiedUnixS[row];
            _processes[row] = new ProcessInfo(
                columns.Pid[row], columns.StartBootNs[row], binary, argumentList, cwd, script,
                columns.Uid[row], columns.Euid[row], columns.Gid[row], columns.LoginUid[row],
                (ProcessFlags)columns.Flags[row], (Phase)columns.Phase[row],
                // A process may be older than a clock that was wrong at boot; it is the batch's rows whose time counts.
                time.TryGet(columns.ExecTime[row], out var executed) || time.TryGet(0, out executed) ? executed : DateTimeOffset.UnixEpoch)
            {
                Inode = columns.Inode[row],
                Device = columns.Device[row],
                Size = columns.Size[row],
                EffectiveCapabilities = columns.Capabilities[row],
                BinaryModified = modified is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(modified) : null,
                LoaderVariables = Split(variables),
                Payload = payload,
            };
        }
    }

    /// <param name="reference">As in a process column: row + 1.</param>
    /// <param name="container">As in a container column: row + 1; 0 for the host.</param>
    /// <returns>Why not, as a rule; null when all is well.</returns>
    public string? TryGet(uint reference, out IReadOnlyList<ProcessInfo> lineage, out int container)
    {
        lineage = [];
        container = 0;
        if (reference == 0 || reference > (uint)_processes.Length)
        {
            return "it must name a row of processes (row + 1)";
        }

        var row = (int)reference - 1;
        if (_processes[row] is null)
        {
            return "the process that it names was refused";
        }

        container = _containers[row];
        lineage = _lineages[row] ??= Lineage(row);
        return null;
    }

    private List<ProcessInfo> Lineage(int row)
    {
        var chain = new List<ProcessInfo>();
        for (var at = row; chain.Count < MaxLineage && _processes[at] is { } process; at = _parents[at] - 1)
        {
            chain.Add(process);

            // Above the container's first process stands the runtime, which belongs to the host.
            if (_parents[at] == 0 || _containers[_parents[at] - 1] != _containers[at])
            {
                break;
            }
        }

        return chain;
    }

    private static (string Column, string Value, string Rule)? Fault(ProcessColumns columns, int row, SeenContainer?[] containers)
    {
        if (columns.Pid[row] is 0 or > int.MaxValue)
        {
            return ("pid", Words(columns.Pid[row]), "a pid must be from 1 to 2147483647");
        }

        // Each after its parent: this also shuts out every cycle.
        if (columns.Parent[row] > row)
        {
            return ("parent", Words(columns.Parent[row]), "a process must stand after its parent; the parent must be 0 or a row (+ 1) before it");
        }

        if (columns.Container[row] > containers.Length)
        {
            return ("container", Words(columns.Container[row]), "it must be 0 or name a row of containers (row + 1)");
        }

        if (columns.Container[row] > 0 && containers[columns.Container[row] - 1] is null)
        {
            return ("container", Words(columns.Container[row]), "the container that it names was refused");
        }

        return columns.Phase[row] > (uint)Phase.Host ? ("phase", Words(columns.Phase[row]), "phases are 0 to 4") : null;
    }

    private static string[] Split(string joined) => joined.Length == 0 ? [] : joined.Split('\0');

    private static (string Binary, string Arguments, string Cwd, string Script, string Variables, string Payload)? Texts(ProcessColumns columns, int row, BatchTexts texts, Rejections rejections)
    {
        return Text("binary", columns.Binary[row], out var binary)
            && Text("arguments", columns.Arguments[row], out var arguments)
            && Text("cwd", columns.Cwd[row], out var cwd)
            && Text("script", columns.Script[row], out var script)
            && Text("loader_variables", columns.LoaderVariables[row], out var variables)
            && Text("payload", columns.Payload[row], out var payload) ? (binary, arguments, cwd, script, variables, payload) : null;

        bool Text(string column, uint index, out string text)
        {
            if (texts.TryGet(index, out text) is not { } rule)
            {
                return true;
            }

            rejections.Add(Table, row, column, Words(index), rule);
            return false;
        }
    }

    private static int Rows(ProcessColumns c, int most, Rejections rejections) => Columns.Rows(
        Table, most, rejections,
        ("pid", c.Pid.Count), ("start_boot_ns", c.StartBootNs.Count), ("parent", c.Parent.Count), ("container", c.Container.Count), ("binary", c.Binary.Count),
        ("arguments", c.Arguments.Count), ("cwd", c.Cwd.Count), ("script", c.Script.Count), ("uid", c.Uid.Count), ("euid", c.Euid.Count), ("gid", c.Gid.Count),
        ("login_uid", c.LoginUid.Count), ("flags", c.Flags.Count), ("inode", c.Inode.Count), ("device", c.Device.Count), ("modified_unix_s", c.ModifiedUnixS.Count),
        ("changed_unix_s", c.ChangedUnixS.Count), ("size", c.Size.Count), ("links", c.Links.Count), ("capabilities", c.Capabilities.Count), ("phase", c.Phase.Count),
        ("exec_time", c.ExecTime.Count), ("mount_namespace", c.MountNamespace.Count), ("pid_namespace", c.PidNamespace.Count), ("network_namespace", c.NetworkNamespace.Count),
        ("user_namespace", c.UserNamespace.Count), ("loader_variables", c.LoaderVariables.Count), ("payload", c.Payload.Count));

    private static string Words(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
