using System.Net;
using System.Text;
using Google.Protobuf;
using Runtime.V1;

namespace Runtime.EndToEnd.Tests.Fleet;

/// <summary>One batch of an agent, row by row. Times are minutes after the batch's base.</summary>
internal sealed class RowBatch
{
    private readonly Dictionary<string, uint> _texts = new(StringComparer.Ordinal);
    private readonly Batch _batch;

    public RowBatch(DateTimeOffset start)
    {
        _batch = new Batch
        {
            BaseUnixNs = (ulong)(start - DateTimeOffset.UnixEpoch).Ticks * 100,
            Strings = { ByteString.Empty },
            Processes = new ProcessColumns(), Execs = new ExecColumns(), Files = new FileColumns(), Networks = new NetworkColumns(),
        };
    }

    public Batch Batch => _batch;

    /// <returns>Its row, from 1 on.</returns>
    public uint Container(Replica replica)
    {
        _batch.Containers.Add(new Container
        {
            Id = replica.ContainerId, Runtime = "containerd", Name = "app", PodName = replica.Pod, PodNamespace = replica.Namespace, PodUid = "uid-" + replica.Pod,
            PodLabels = { ["app"] = replica.Owner, ["pod-template-hash"] = Replica.TemplateHash }, Image = replica.Image, ImageDigest = replica.Digest,
            StartedUnixNs = (ulong)(replica.Started - DateTimeOffset.UnixEpoch).Ticks * 100, Complete = true, CgroupPath = "/kubepods/" + replica.Pod,
        });
        return (uint)_batch.Containers.Count;
    }

    /// <param name="parent">Row of the parent; 0: the container's first.</param>
    /// <returns>Its row, from 1 on.</returns>
    public uint Process(uint container, uint pid, uint parent, string[] arguments, string? binary = null, ProcessFlag flags = 0, Phase phase = Phase.Steady)
    {
        var rows = _batch.Processes;
        rows.Pid.Add(pid);
        rows.StartBootNs.Add(pid * 1000UL);
        rows.Parent.Add(parent);
        rows.Container.Add(container);
        rows.Binary.Add(Text(binary ?? arguments[0]));
        rows.Arguments.Add(Text(string.Join('\0', arguments)));
        rows.Cwd.Add(Text("/"));
        rows.Script.Add(0);
        rows.Uid.Add(101);
        rows.Euid.Add(101);
        rows.Gid.Add(101);
        rows.LoginUid.Add(uint.MaxValue);
        rows.Flags.Add((uint)flags);
        rows.Inode.Add(pid);
        rows.Device.Add(1);
        rows.ModifiedUnixS.Add(1_700_000_000);
        rows.ChangedUnixS.Add(1_700_000_000);
        rows.Size.Add(1000);
        rows.Links.Add(flags.HasFlag(ProcessFlag.Memfd) ? 0u : 1u);
        rows.Capabilities.Add(0);
        rows.Phase.Add((uint)phase);
        rows.ExecTime.Add(0);
        rows.MountNamespace.Add(1);
        rows.PidNamespace.Add(2);
        rows.NetworkNamespace.Add(3);
        rows.UserNamespace.Add(4);
        return (uint)rows.Pid.Count;
    }

    public void Exec(uint process, int minute = 0)
    {
        var rows = _batch.Execs;
        rows.First.Add(Nanoseconds(minute));
        rows.Last.Add(Nanoseconds(minute));
        rows.Count.Add(1);
        rows.Process.Add(process);
    }

    public void Write(uint process, string path, int minute = 0, FileFlag flags = 0)
    {
        var rows = _batch.Files;
        rows.First.Add(Nanoseconds(minute));
        rows.Last.Add(Nanoseconds(minute));
        rows.Count.Add(1);
        rows.Process.Add(process);
        rows.Operation.Add((uint)FileOperation.Create);
        rows.Path.Add(Text(path));
        rows.Template.Add(Text(path));
        rows.OtherPath.Add(0);
        rows.Flags.Add((uint)flags);
        rows.Mode.Add(0x81a4);
        rows.Inode.Add(9);
        rows.Device.Add(3);
    }

    public void Connect(uint process, string address, uint port, int minute = 0, ulong count = 1, string name = "") =>
        Network(process, NetworkOperation.Connect, address, port, minute, count, name);

    public void Listen(uint process, uint port) => Network(process, NetworkOperation.Listen, "0.0.0.0", port, 0, 1, "");

    private void Network(uint process, NetworkOperation operation, string address, uint port, int minute, ulong count, string name)
    {
        var isListen = operation == NetworkOperation.Listen;
        var bytes = Bytes(IPAddress.Parse(address).GetAddressBytes());
        var rows = _batch.Networks;
        rows.First.Add(Nanoseconds(minute));
        rows.Last.Add(Nanoseconds(minute));
        rows.Count.Add(count);
        rows.Process.Add(process);
        rows.Operation.Add((uint)operation);
        rows.Protocol.Add(6);
        rows.LocalAddress.Add(isListen ? bytes : 0);
        rows.LocalPort.Add(isListen ? port : 0);
        rows.RemoteAddress.Add(isListen ? 0 : bytes);
        rows.RemotePort.Add(isListen ? 0 : port);
        rows.Error.Add(0);
        rows.BytesSent.Add(0);
        rows.BytesReceived.Add(0);
        rows.DurationNs.Add(0);
        rows.Payload.Add(0);
        rows.Name.Add(name.Length > 0 ? Text(name) : 0);
        rows.Flags.Add(0);
    }

    private static long Nanoseconds(int minute) => minute * 60_000_000_000L;

    private uint Text(string text)
    {
        if (!_texts.TryGetValue(text, out var index))
        {
            _texts[text] = index = Bytes(Encoding.UTF8.GetBytes(text));
        }

        return index;
    }

    private uint Bytes(byte[] bytes)
    {
        _batch.Strings.Add(ByteString.CopyFrom(bytes));
        return (uint)_batch.Strings.Count - 1;
    }
}
