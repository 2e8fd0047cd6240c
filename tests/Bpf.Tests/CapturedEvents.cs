using System.Text;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>An event copied out of the ring; text as Latin-1, so that every byte is a character.</summary>
internal abstract record Captured(EventOrigin Origin);

internal sealed record CapturedFork(EventOrigin Origin, uint ParentPid, ulong ParentStartBootNs) : Captured(Origin);

internal sealed record CapturedExec(EventOrigin Origin) : Captured(Origin)
{
    public required uint ParentPid { get; init; }
    public required string Binary { get; init; }
    public required string Filename { get; init; }
    public required string Arguments { get; init; }
    public required string Cwd { get; init; }
    public required string Comm { get; init; }
    public required ExecFlags Flags { get; init; }
    public required bool IsScript { get; init; }
    public required (uint Uid, uint Euid, uint Gid, uint LoginUid) Identity { get; init; }
    public required (ulong Inode, uint Device, uint Links, ulong Size, long Modified, long Changed) File { get; init; }
    public required ulong Capabilities { get; init; }
    public required (uint Mount, uint Pid, uint Network, uint User) Namespaces { get; init; }
    public required uint FileSystem { get; init; }
    public required string Variables { get; init; }
}

internal sealed record CapturedExit(EventOrigin Origin, byte Code, byte Signal, ulong RunTimeNs) : Captured(Origin);

internal sealed record CapturedFile(
    EventOrigin Origin, FileOperation Operation, string Path, string OtherPath, FileFlags Flags, ushort Mode, ulong Inode, uint Device) : Captured(Origin);

internal sealed record CapturedRepeats(EventOrigin Origin, ulong FirstBootNs, uint Count) : Captured(Origin);

internal sealed record CapturedNetwork(EventOrigin Origin, NetworkOperation Operation) : Captured(Origin)
{
    public required byte Protocol { get; init; }
    public required string Local { get; init; }
    public required string Remote { get; init; }
    public required int Error { get; init; }
    public required ulong BytesSent { get; init; }
    public required ulong BytesReceived { get; init; }
    public required ulong DurationNs { get; init; }
    public required string Payload { get; init; }
    public required uint Socket { get; init; }
}

internal sealed record CapturedPrivilege(
    EventOrigin Origin, PrivilegeOperation Operation, ulong Value, string Subject, string Detail, ushort Error, uint Count) : Captured(Origin);

internal sealed record CapturedCgroup(CgroupKey Cgroup, bool Removed, string Path) : Captured(default(EventOrigin));

/// <summary>Keeps every event and lets tests wait for one. Bounded by the run of the tests.</summary>
internal sealed class CapturingSink : IKernelEventSink
{
    private readonly List<Captured> _events = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OnFork(in ForkEvent e) => Add(new CapturedFork(e.Origin, e.ParentPid, e.ParentStartBootNs));

    public void OnExec(in ExecEvent e) => Add(new CapturedExec(e.Origin)
    {
        ParentPid = e.ParentPid,
        Binary = Text(e.Binary),
        Filename = Text(e.Filename),
        Arguments = Text(e.Arguments),
        Cwd = Text(e.Cwd),
        Comm = Text(e.Comm),
        Flags = e.Flags,
        IsScript = e.IsScript,
        Identity = (e.Uid, e.Euid, e.Gid, e.LoginUid),
        File = (e.Inode, e.Device, e.Links, e.Size, e.ModifiedUnixSeconds, e.ChangedUnixSeconds),
        Capabilities = e.EffectiveCapabilities,
        FileSystem = e.FileSystem,
        Variables = Text(e.Variables),
        Namespaces = (e.MountNamespace, e.PidNamespace, e.NetworkNamespace, e.UserNamespace),
    });

    public void OnExit(in ExitEvent e) => Add(new CapturedExit(e.Origin, e.Code, e.Signal, e.RunTimeNs));

    public void OnFile(in FileEvent e) =>
        Add(new CapturedFile(e.Origin, e.Operation, Text(e.Path), Text(e.OtherPath), e.Flags, e.Mode, e.Inode, e.Device));

    public void OnRepeats(in RepeatsEvent e) => Add(new CapturedRepeats(e.Origin, e.FirstBootNs, e.Count));

    public void OnNetwork(in NetworkEvent e) => Add(new CapturedNetwork(e.Origin, e.Operation)
    {
        Protocol = e.Protocol,
        Local = EndPoint(e.LocalAddress, e.LocalPort),
        Remote = EndPoint(e.RemoteAddress, e.RemotePort),
        Error = e.Error,
        BytesSent = e.BytesSent,
        BytesReceived = e.BytesReceived,
        DurationNs = e.DurationNs,
        Payload = Text(e.Payload),
        Socket = e.Socket,
    });

    public void OnPrivilege(in PrivilegeEvent e) =>
        Add(new CapturedPrivilege(e.Origin, e.Operation, e.Value, Text(e.Subject), Text(e.Detail), e.Error, e.Count));

    public void OnCgroup(in CgroupEvent e) => Add(new CapturedCgroup(e.Cgroup, e.Removed, Text(e.Path)));

    public void OnIdle() => Interlocked.Exchange(ref _idle, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>Ends with a call of <see cref="OnIdle"/> that comes after this one.</summary>
    /// <exception cref="TimeoutException">None came within half a minute.</exception>
    public Task NextIdleAsync() => Volatile.Read(ref _idle).Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public IReadOnlyList<T> All<T>(Func<T, bool> matches)
        where T : Captured
    {
        lock (_events) return [.. _events.OfType<T>().Where(matches)];
    }

    /// <summary>The first event that matches, now or within half a minute: a machine may have much else to do.</summary>
    public async Task<T> WaitAsync<T>(Func<T, bool> matches)
        where T : Captured
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            Task arrived;
            lock (_events)
            {
                if (_events.OfType<T>().FirstOrDefault(matches) is { } found) return found;
                arrived = _arrived.Task;
            }

            try
            {
                await arrived.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                string tail;
                lock (_events) tail = string.Join('\n', _events.TakeLast(25)).Replace('\0', ' ');
                throw new TimeoutException($"no such {typeof(T).Name} in 30 s; the last events were\n{tail}");
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static string EndPoint(ReadOnlySpan<byte> address, int port) =>
        address.IsEmpty ? $"?:{port}" : new System.Net.IPEndPoint(new System.Net.IPAddress(address), port).ToString();

    private void Add(Captured e)
    {
        TaskCompletionSource arrived;
        lock (_events)
        {
            _events.Add(e);
            arrived = _arrived;
            _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        arrived.SetResult();
    }
}
