using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;

namespace Runtime.Agent.Tests.Reduction;

/// <summary>A reducer over a made-up node: cgroup 7 is the container c7, and each event comes a microsecond after the one before.</summary>
public abstract class ReducerRig
{
    private protected const ulong Second = 1_000_000_000;

    private protected ReducerRig()
    {
        Containers.Set(7, FakeContainers.Record("c7"));
        Processes = new(new(), Containers, Redaction.WithRandomSalt(), null, new FakeTimeProvider());
        Reducer = Make(new());
    }

    private protected FakeContainers Containers { get; } = new();
    private protected FactList Out { get; } = new();
    private protected TestClock Clock { get; } = new();

    /// <summary>Of the source, taken by the reducer at its next idle moment.</summary>
    private protected List<CaptureLoss> Losses { get; } = [];
    private protected ProcessTable Processes { get; }
    private protected Reducer Reducer { get; set; }

    private protected Reducer Make(ReductionOptions options) => new(options, Processes, Containers, Clock, TakeLosses, Out);

    /// <summary>The container's first program, told already.</summary>
    private protected void StartInit()
    {
        Exec(1, "/init", "init\0", parent: 0);
        Out.Facts.Clear();
    }

    private CaptureLoss[] TakeLosses()
    {
        var taken = Losses.ToArray();
        Losses.Clear();
        return taken;
    }

    private protected EventOrigin Origin(uint pid, ulong cgroup) => new(Clock.NowBoot += 1000, new(cgroup, 2), pid, pid, pid * 1000);

    private protected void Exec(uint pid, string binary, string arguments = "", ulong cgroup = 7, string script = "", ExecFlags flags = ExecFlags.None, uint parent = 1) =>
        Reducer.OnExec(new ExecEvent
        {
            Origin = Origin(pid, cgroup),
            ParentPid = parent,
            ParentStartBootNs = parent * 1000,
            Binary = Encoding.UTF8.GetBytes(binary),
            Arguments = Encoding.UTF8.GetBytes(arguments),
            Filename = Encoding.UTF8.GetBytes(script),
            IsScript = script.Length > 0,
            Flags = flags,
        });

    private protected void File(uint pid, string path, FileOperation operation = FileOperation.Create, FileFlags flags = FileFlags.None) =>
        Reducer.OnFile(new FileEvent { Origin = Origin(pid, 7), Operation = operation, Path = Encoding.UTF8.GetBytes(path), Flags = flags });

    private protected void Network(uint pid, NetworkOperation operation, ushort local, ushort remote, byte[]? peer = null, ushort error = 0, ulong sent = 0, ulong received = 0, ulong durationNs = 0, bool isAccepted = false, string payload = "", byte[]? bytes = null) =>
        Reducer.OnNetwork(new NetworkEvent
        {
            Origin = Origin(pid, 7),
            Operation = operation,
            Protocol = 6,
            LocalAddress = [10, 0, 0, 1],
            RemoteAddress = peer ?? [1, 1, 1, 1],
            LocalPort = local,
            RemotePort = remote,
            Error = error,
            BytesSent = sent,
            BytesReceived = received,
            DurationNs = durationNs,
            IsAccepted = isAccepted,
            Payload = bytes ?? Encoding.UTF8.GetBytes(payload),
        });
}

/// <summary>Boot time as a test sets it; the wall clock is one hour ahead.</summary>
internal sealed class TestClock : IWallClock
{
    public ulong NowBoot { get; set; } = 1_000_000_000;

    public long ToUnixNs(ulong bootNs) => (long)bootNs + 3_600_000_000_000;

    public ulong NowBootNs() => NowBoot;
}
