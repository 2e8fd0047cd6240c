using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Recording;
using Runtime.Agent.Reduction;

namespace Runtime.Agent.Commands;

/// <summary>Which events are printed.</summary>
/// <param name="Container">Null: all. "host", the beginning of an id, a container's or a pod's name.</param>
/// <param name="Kinds">Empty: all.</param>
internal sealed record TraceFilter(string? Container, IReadOnlyCollection<string> Kinds)
{
    public bool Takes(string kind, ContainerRecord? container) =>
        (Kinds.Count == 0 || Kinds.Contains(kind))
        && (Container is null
            || (container is null ? Container == "host"
                : container.Id.StartsWith(Container, StringComparison.Ordinal) || container.Name == Container || container.PodName == Container));
}

/// <summary>Every event as one JSON line, with its process and container. Capture thread only.</summary>
/// <remarks>
/// Text is ASCII: the rest is escaped, control characters too. Bytes that are no UTF-8 show as U+FFFD, and then a second field
/// with the ending "_hex" holds them all.
/// </remarks>
internal sealed partial class EventPrinter(Stream output, TraceFilter filter, ProcessTable processes, IContainers containers, IWallClock clock) : IKernelEventSink, IDisposable
{
    private const int FlushBytes = 64 * 1024;
    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes * 2);
    private Utf8JsonWriter? _json;

    /// <summary>Learns the containers of what is seen; null when nothing is recorded.</summary>
    public RecordingWriter? Recording { get; init; }

    /// <summary>Reads what is executed; null where nothing is to be read.</summary>
    public BinaryInspector? Binaries { get; init; }

    public void OnFork(in ForkEvent e)
    {
        var process = processes.OnFork(e);
        if (Begin("fork", e.Origin, process) is not { } json)
            return;
        json.WriteNumber("parent_pid", e.ParentPid);
        json.WriteNumber("parent_start_boot_ns", e.ParentStartBootNs);
        End(json);
    }

    public void OnExec(in ExecEvent e)
    {
        var process = processes.OnExec(e);
        AskExecuted(process, e.Origin);
        Managed?.OnExec(process);
        if (Begin("exec", e.Origin, process) is not { } json)
            return;
        json.WriteNumber("parent_pid", e.ParentPid);
        json.WriteNumber("parent_start_boot_ns", e.ParentStartBootNs);
        Text(json, "parent_binary", process.Parent?.Binary);
        Text(json, "filename", e.Filename);
        json.WriteBoolean("is_script", e.IsScript);
        Arguments(json, "arguments", process.Arguments);
        Text(json, "cwd", e.Cwd);
        Text(json, "comm", e.Comm);
        Arguments(json, "loader_variables", process.LoaderVariables);
        Text(json, "payload", process.Payload);
        json.WriteString("flags", e.Flags.ToString());
        json.WriteNumber("uid", e.Uid);
        json.WriteNumber("euid", e.Euid);
        json.WriteNumber("gid", e.Gid);
        json.WriteNumber("login_uid", e.LoginUid);
        json.WriteNumber("inode", e.Inode);
        json.WriteNumber("device", e.Device);
        json.WriteNumber("links", e.Links);
        json.WriteNumber("size", e.Size);
        json.WriteNumber("modified_unix_s", e.ModifiedUnixSeconds);
        json.WriteNumber("changed_unix_s", e.ChangedUnixSeconds);
        json.WriteString("effective_capabilities", $"0x{e.EffectiveCapabilities:x}");
        json.WriteNumber("mount_namespace", e.MountNamespace);
        json.WriteNumber("pid_namespace", e.PidNamespace);
        json.WriteNumber("network_namespace", e.NetworkNamespace);
        json.WriteNumber("user_namespace", e.UserNamespace);
        End(json);
    }

    public void OnExit(in ExitEvent e)
    {
        var process = processes.OnExit(e);
        if (Begin("exit", e.Origin, process) is not { } json)
            return;
        json.WriteNumber("code", e.Code);
        json.WriteNumber("signal", e.Signal);
        json.WriteNumber("run_time_ns", e.RunTimeNs);
        End(json);
    }

    public void OnFile(in FileEvent e)
    {
        AskMapped(e);
        if (Begin("file", e.Origin, processes.Resolve(e.Origin)) is not { } json)
            return;
        json.WriteString("operation", e.Operation.ToString());
        Text(json, "path", e.Path);
        Text(json, "other_path", e.OtherPath);
        json.WriteString("flags", e.Flags.ToString());
        json.WriteString("mode", Convert.ToString(e.Mode, 8));
        json.WriteNumber("inode", e.Inode);
        json.WriteNumber("device", e.Device);
        End(json);
    }

    public void OnRepeats(in RepeatsEvent e)
    {
        if (Begin("repeats", e.Origin, processes.Resolve(e.Origin)) is not { } json)
            return;
        json.WriteNumber("first_boot_ns", e.FirstBootNs);
        json.WriteNumber("count", e.Count);
        End(json);
    }

    public void OnNetwork(in NetworkEvent e)
    {
        if (e.Operation is NetworkOperation.Listen or NetworkOperation.Accept)
            processes.MarkNetworkFacing(processes.Resolve(e.Origin).Key);
        if (Begin("network", e.Origin, processes.Resolve(e.Origin)) is not { } json)
            return;
        json.WriteString("operation", e.Operation.ToString());
        json.WriteString("protocol", e.Protocol switch { 6 => "tcp", 17 => "udp", _ => e.Protocol.ToString(global::System.Globalization.CultureInfo.InvariantCulture) });
        Address(json, "local", e.LocalAddress, e.LocalPort);
        Address(json, "remote", e.RemoteAddress, e.RemotePort);
        json.WriteNumber("error", e.Error);
        json.WriteNumber("bytes_sent", e.BytesSent);
        json.WriteNumber("bytes_received", e.BytesReceived);
        json.WriteNumber("duration_ns", e.DurationNs);
        Name(json, e);
        if (e.Operation is NetworkOperation.UnixConnect or NetworkOperation.RawSocket)
            Text(json, "socket", e.Operation == NetworkOperation.UnixConnect ? e.Payload : SpecialSocket.NameOf(e.Socket));
        if (e.Operation == NetworkOperation.FirstBytes)
        {
            // What was said stays on the node, and out of terminals and logs.
            json.WriteString("payload_class", PayloadClass.Of(e.Payload));
            json.WriteNumber("payload_bytes", e.Payload.Length);
        }
        End(json);
    }

    public void OnPrivilege(in PrivilegeEvent e)
    {
        if (Begin("privilege", e.Origin, processes.Resolve(e.Origin)) is not { } json)
            return;
        json.WriteString("operation", e.Operation.ToString());
        json.WriteNumber("value", e.Value);
        Text(json, "subject", e.Subject);
        Text(json, "detail", e.Detail);
        json.WriteNumber("error", e.Error);
        json.WriteNumber("count", e.Count);
        End(json);
    }

    public void OnCgroup(in CgroupEvent e)
    {
        containers.OnCgroup(e);
        var container = containers.Lookup(e.Cgroup);
        if (!filter.Takes("cgroup", container))
            return;
        var json = Json();
        json.WriteString("kind", "cgroup");
        json.WriteString("time", Time(e.TimeBootNs));
        json.WriteNumber("time_boot_ns", e.TimeBootNs);
        json.WriteNumber("cgroup", e.Cgroup.Id);
        json.WriteNumber("cgroup_version", e.Cgroup.Version);
        json.WriteBoolean("removed", e.Removed);
        Text(json, "path", e.Path);
        Container(json, container);
        End(json);
    }

    public void OnIdle()
    {
        processes.OnIdle();
        containers.OnIdle();
        PrintReadings();
        Managed?.OnIdle(this, processes.IsAlive);
        Flush();
    }

    public void Finish()
    {
        PrintReadings();
        Flush();
    }

    public void Dispose() => _json?.Dispose();

    /// <returns>Null when the filter does not take it.</returns>
    private Utf8JsonWriter? Begin(string kind, in EventOrigin origin, ProcessRecord? process)
    {
        var container = containers.Lookup(origin.Cgroup, origin.Pid);
        if (container is not null)
            Recording?.OnContainer(origin.Cgroup, container);
        if (!filter.Takes(kind, container))
            return null;
        var json = Json();
        json.WriteString("kind", kind);
        json.WriteString("time", Time(origin.TimeBootNs));
        json.WriteNumber("time_boot_ns", origin.TimeBootNs);
        json.WriteNumber("pid", origin.Pid);
        json.WriteNumber("tid", origin.Tid);
        json.WriteNumber("start_boot_ns", origin.StartBootNs);
        json.WriteNumber("cgroup", origin.Cgroup.Id);
        json.WriteNumber("cgroup_version", origin.Cgroup.Version);
        Text(json, "binary", process?.Binary);
        json.WriteString("phase", (process?.Phase ?? Phase.Unknown).ToString());
        json.WriteString("process_flags", (process?.Flags ?? ProcessFlags.None).ToString());
        Container(json, container);
        return json;
    }

    private Utf8JsonWriter Json()
    {
        if (_json is null)
            _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });
        else
            _json.Reset(_buffer);
        _json.WriteStartObject();
        return _json;
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= FlushBytes)
            Flush();
    }

    private void Flush()
    {
        if (_buffer.WrittenCount == 0)
            return;
        output.Write(_buffer.WrittenSpan);
        output.Flush();
        _buffer.ResetWrittenCount();
    }

    private string Time(ulong bootNs) => Wall(clock.ToUnixNs(bootNs));

    private static string Wall(long unixNs) =>
        DateTime.UnixEpoch.AddTicks(unixNs / 100).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", global::System.Globalization.CultureInfo.InvariantCulture);

    private static void Container(Utf8JsonWriter json, ContainerRecord? container)
    {
        if (container is null)
        {
            json.WriteNull("container");
            return;
        }
        json.WriteStartObject("container");
        json.WriteString("id", container.Id);
        json.WriteString("runtime", container.Runtime);
        json.WriteString("name", container.Name);
        json.WriteString("pod_name", container.PodName);
        json.WriteString("pod_namespace", container.PodNamespace);
        json.WriteString("image", container.Image);
        json.WriteBoolean("complete", container.Complete);
        json.WriteEndObject();
    }

    private static void Arguments(Utf8JsonWriter json, string name, ReadOnlySpan<byte> arguments)
    {
        json.WriteStartArray(name);
        while (!arguments.IsEmpty)
        {
            var end = arguments.IndexOf((byte)0);
            json.WriteStringValue(Encoding.UTF8.GetString(end < 0 ? arguments : arguments[..end]));
            arguments = end < 0 ? default : arguments[(end + 1)..];
        }
        json.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter json, string name, ReadOnlySpan<byte> text)
    {
        json.WriteString(name, Encoding.UTF8.GetString(text));
        if (!global::System.Text.Unicode.Utf8.IsValid(text))
            json.WriteString(name + "_hex", Convert.ToHexStringLower(text));
    }

    private static void Address(Utf8JsonWriter json, string name, ReadOnlySpan<byte> address, ushort port)
    {
        json.WriteString(name + "_address", address.Length is 4 or 16 ? new IPAddress(address).ToString() : "");
        json.WriteNumber(name + "_port", port);
    }
}
