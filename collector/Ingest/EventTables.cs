using System.Globalization;
using System.Net;
using Runtime.Collector.Inventory;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>The rows of a batch's event tables, checked, as observations in the order of the tables.</summary>
internal sealed partial class EventTables(
    AgentIdentity agent, BatchTexts texts, BatchTime time, ProcessTable processes, SeenContainer?[] containers, int most, Rejections rejections)
{
    /// <summary>The kernel's largest errno.</summary>
    private const uint MaxErrno = 4095;

    private readonly Scope _host = Owners.Host(agent.Cluster, agent.Node);
    private string _table = "";
    private int _row;

    public List<Observation> Observations { get; } = [];

    public void Add(ExecColumns c)
    {
        var rows = Begin("execs", ("first", c.First.Count), ("last", c.Last.Count), ("count", c.Count.Count), ("process", c.Process.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.First[_row], c.Last[_row], c.Count[_row], c.Process[_row]) is { } row)
            {
                Observations.Add(new ExecObservation { Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Count = row.Count, Lineage = row.Lineage });
            }
        }
    }

    public void Add(ExitColumns c)
    {
        var rows = Begin("exits", ("time", c.Time.Count), ("process", c.Process.Count), ("code", c.Code.Count), ("signal", c.Signal.Count), ("run_time_ns", c.RunTimeNs.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.Time[_row], c.Time[_row], 1, c.Process[_row]) is { } row
                && Holds(c.Code[_row] <= 255, "code", c.Code[_row], "an exit code must be from 0 to 255")
                && Holds(c.Signal[_row] <= 127, "signal", c.Signal[_row], "a signal must be from 0 to 127"))
            {
                Observations.Add(new ExitObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Lineage = row.Lineage,
                    Code = (byte)c.Code[_row], Signal = (byte)c.Signal[_row], RunTime = Span(c.RunTimeNs[_row]),
                });
            }
        }
    }

    public void Add(FileColumns c)
    {
        var rows = Begin(
            "files", ("first", c.First.Count), ("last", c.Last.Count), ("count", c.Count.Count), ("process", c.Process.Count), ("operation", c.Operation.Count), ("path", c.Path.Count),
            ("template", c.Template.Count), ("other_path", c.OtherPath.Count), ("flags", c.Flags.Count), ("mode", c.Mode.Count), ("inode", c.Inode.Count), ("device", c.Device.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.First[_row], c.Last[_row], c.Count[_row], c.Process[_row]) is { } row
                && Holds(c.Operation[_row] is >= 1 and <= (uint)FileOperation.SensitiveWrite, "operation", c.Operation[_row], "file operations are 1 to 17")
                && Holds(c.Path[_row] != 0, "path", c.Path[_row], "a file has a path")
                && Text("path", c.Path[_row], out var path)
                && Text("template", c.Template[_row], out var template)
                && Text("other_path", c.OtherPath[_row], out var other))
            {
                Observations.Add(new FileObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Count = row.Count, Lineage = row.Lineage,
                    Operation = (FileOperation)c.Operation[_row], Path = path, Template = template.Length > 0 ? template : path, OtherPath = other,
                    Flags = (FileFlags)c.Flags[_row], Mode = (int)(c.Mode[_row] & 0xfff), Inode = c.Inode[_row], Device = c.Device[_row],
                });
            }
        }
    }

    public void Add(NetworkColumns c)
    {
        Columns.FillAbsent(c.Name, c.First.Count);
        Columns.FillAbsent(c.Flags, c.First.Count);
        var rows = Begin(
            "networks", ("first", c.First.Count), ("last", c.Last.Count), ("count", c.Count.Count), ("process", c.Process.Count), ("operation", c.Operation.Count), ("protocol", c.Protocol.Count),
            ("local_address", c.LocalAddress.Count), ("local_port", c.LocalPort.Count), ("remote_address", c.RemoteAddress.Count), ("remote_port", c.RemotePort.Count), ("error", c.Error.Count),
            ("bytes_sent", c.BytesSent.Count), ("bytes_received", c.BytesReceived.Count), ("duration_ns", c.DurationNs.Count), ("payload", c.Payload.Count),
            ("name", c.Name.Count), ("flags", c.Flags.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.First[_row], c.Last[_row], c.Count[_row], c.Process[_row]) is { } row
                && Holds(c.Operation[_row] is >= 1 and <= (uint)NetworkOperation.Scan, "operation", c.Operation[_row], "network operations are 1 to 11")
                && Holds(IsProtocol((NetworkOperation)c.Operation[_row], c.Protocol[_row]), "protocol", c.Protocol[_row], "a protocol must be 6 (TCP) or 17 (UDP); of a raw socket 0 to 65535, of a unix socket 0")
                && Holds(c.LocalPort[_row] <= 65_535, "local_port", c.LocalPort[_row], "a port must be from 0 to 65535")
                && Holds(c.RemotePort[_row] <= 65_535, "remote_port", c.RemotePort[_row], "a port must be from 0 to 65535")
                && Holds(c.Error[_row] <= MaxErrno, "error", c.Error[_row], "an errno must be from 0 to 4095")
                && Address("local_address", c.LocalAddress[_row], out var local)
                && Address("remote_address", c.RemoteAddress[_row], out var remote)
                && Text("payload", c.Payload[_row], out var payload)
                && Text("name", c.Name[_row], out var name))
            {
                Observations.Add(new NetworkObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Count = row.Count, Lineage = row.Lineage,
                    Operation = (NetworkOperation)c.Operation[_row], Protocol = (int)c.Protocol[_row], LocalAddress = local, LocalPort = (int)c.LocalPort[_row],
                    RemoteAddress = remote, RemotePort = (int)c.RemotePort[_row], Error = (int)c.Error[_row],
                    BytesSent = c.BytesSent[_row], BytesReceived = c.BytesReceived[_row], Duration = Span(c.DurationNs[_row]), Payload = payload, Name = name, Flags = (NetworkFlags)c.Flags[_row],
                });
            }
        }
    }

    private static bool IsProtocol(NetworkOperation operation, uint protocol) => operation switch
    {
        NetworkOperation.RawSocket => protocol <= ushort.MaxValue,
        NetworkOperation.UnixConnect => protocol == 0,
        _ => protocol is 6 or 17,
    };

    private int Begin(string table, params ReadOnlySpan<(string Name, int Length)> columns)
    {
        _table = table;
        return Columns.Rows(table, most, rejections, columns);
    }

    private (Scope Scope, ContainerInfo? Container, DateTimeOffset First, DateTimeOffset Last, ulong Count, IReadOnlyList<ProcessInfo> Lineage)? Common(
        long firstOffset, long lastOffset, ulong count, uint process)
    {
        if (!time.TryGet(firstOffset, out var first) || !time.TryGet(lastOffset, out var last))
        {
            rejections.Add(_table, _row, "first, last", $"{firstOffset}, {lastOffset} ns from the batch's base", BatchTime.Rule);
            return null;
        }

        if (last < first || count == 0)
        {
            rejections.Add(_table, _row, "first, last, count", $"{firstOffset}, {lastOffset}, {count}", "last must not be before first, and count must be above 0");
            return null;
        }

        if (processes.TryGet(process, out var lineage, out var container) is { } rule)
        {
            rejections.Add(_table, _row, "process", process.ToString(CultureInfo.InvariantCulture), rule);
            return null;
        }

        var seen = container > 0 ? containers[container - 1] : null;
        return (seen?.Scope ?? _host, seen?.Container, first, last, count, lineage);
    }

    private bool Holds(bool holds, string column, uint value, string rule)
    {
        if (!holds)
        {
            rejections.Add(_table, _row, column, value.ToString(CultureInfo.InvariantCulture), rule);
        }

        return holds;
    }

    private bool Text(string column, uint index, out string text)
    {
        var rule = texts.TryGet(index, out text);
        return rule is null || Holds(false, column, index, rule);
    }

    private bool Address(string column, uint index, out IPAddress? address)
    {
        address = null;
        if (texts.TryGetBytes(index, out var bytes) is { } rule)
        {
            return Holds(false, column, index, rule);
        }

        if (bytes.Length is not (0 or 4 or 16))
        {
            return Holds(false, column, (uint)bytes.Length, "an address must have 4 or 16 bytes");
        }

        if (bytes.Length > 0)
        {
            address = new IPAddress(bytes);
            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        return true;
    }

    private static TimeSpan Span(ulong ns) => new((long)Math.Min(ns / TimeSpan.NanosecondsPerTick, (ulong)TimeSpan.MaxValue.Ticks));
}
