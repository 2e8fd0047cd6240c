using System.Text;
using Google.Protobuf;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;

namespace Runtime.Collector.Tests.Ingest;

/// <summary>Batches as an agent sends them.</summary>
internal static class WireBatch
{
    public static Hello Hello(string agentId = "agent-1", string epoch = "epoch-1") => new()
    {
        AgentId = agentId, Epoch = epoch, Cluster = "default", Node = "node-1", AgentVersion = "0.1.0", BootId = "boot", KernelRelease = "6.1.0",
    };

    /// <summary>nginx (row 1) starts a shell (row 2) that is executed, writes a file, connects and exits; one loss.</summary>
    public static Batch Full(ulong sequence = 1, string shell = "/bin/sh")
    {
        var batch = new Batch { Sequence = sequence, BaseUnixNs = (ulong)(Sample.Now - DateTimeOffset.UnixEpoch).Ticks * 100 };
        batch.Containers.Add(new Container
        {
            Id = new string('a', 64), Runtime = "containerd", Name = "app", PodName = "web-5d8f6c9b7f-x2x7k", PodNamespace = "shop", PodUid = "uid-1",
            PodLabels = { ["pod-template-hash"] = "5d8f6c9b7f" }, Image = "nginx:1.25", ImageDigest = "sha256:1", StartedUnixNs = batch.BaseUnixNs, CgroupPath = "/x", Complete = true, PodIp = "10.0.0.7",
        });
        batch.Strings.Add(ByteString.Empty);
        batch.Processes = new ProcessColumns();
        Process(batch, 100, 0, 1, "/usr/sbin/nginx", "nginx\0-g\0daemon off;");
        Process(batch, 101, 1, 1, shell, "sh\0-c\0id");
        Exec(batch, 2);
        batch.Exits = new ExitColumns { Time = { 5_000_000 }, Process = { 2 }, Code = { 1 }, Signal = { 0 }, RunTimeNs = { 4_000_000 } };
        batch.Files = new FileColumns
        {
            First = { 1000 }, Last = { 2000 }, Count = { 2 }, Process = { 2 }, Operation = { 2 }, Path = { Text(batch, "/tmp/a.log") }, Template = { Text(batch, "/tmp/<rand>.log") },
            OtherPath = { 0 }, Flags = { 8 }, Mode = { 0x81ed }, Inode = { 9 }, Device = { 3 },
        };
        batch.Networks = new NetworkColumns
        {
            First = { 0 }, Last = { 0 }, Count = { 1 }, Process = { 2 }, Operation = { 1 }, Protocol = { 6 }, LocalAddress = { 0 }, LocalPort = { 0 },
            RemoteAddress = { Bytes(batch, [203, 0, 113, 9]) }, RemotePort = { 443 }, Error = { 0 }, BytesSent = { 0 }, BytesReceived = { 0 }, DurationNs = { 0 }, Payload = { 0 },
        };
        batch.Losses.Add(new Loss { Container = 1, Kind = "file", Reason = "ring_full", Count = 3, FirstUnixNs = batch.BaseUnixNs, LastUnixNs = batch.BaseUnixNs });
        return batch;
    }

    public static void Process(Batch batch, uint pid, uint parent, uint container, string binary, string arguments)
    {
        var p = batch.Processes;
        p.Pid.Add(pid);
        p.StartBootNs.Add(pid * 1000UL);
        p.Parent.Add(parent);
        p.Container.Add(container);
        p.Binary.Add(Text(batch, binary));
        p.Arguments.Add(Text(batch, arguments));
        p.Cwd.Add(0);
        p.Script.Add(0);
        p.Uid.Add(0);
        p.Euid.Add(0);
        p.Gid.Add(0);
        p.LoginUid.Add(uint.MaxValue);
        p.Flags.Add(0);
        p.Inode.Add(42);
        p.Device.Add(1);
        p.ModifiedUnixS.Add(1_700_000_000);
        p.ChangedUnixS.Add(1_700_000_000);
        p.Size.Add(1000);
        p.Links.Add(1);
        p.Capabilities.Add(0);
        p.Phase.Add(2);
        p.ExecTime.Add(0);
        p.MountNamespace.Add(1);
        p.PidNamespace.Add(2);
        p.NetworkNamespace.Add(3);
        p.UserNamespace.Add(4);
    }

    public static void Exec(Batch batch, uint process)
    {
        batch.Execs ??= new ExecColumns();
        batch.Execs.First.Add(0);
        batch.Execs.Last.Add(0);
        batch.Execs.Count.Add(1);
        batch.Execs.Process.Add(process);
    }

    public static uint Text(Batch batch, string text) => Bytes(batch, Encoding.UTF8.GetBytes(text));

    public static uint Bytes(Batch batch, byte[] bytes)
    {
        batch.Strings.Add(ByteString.CopyFrom(bytes));
        return (uint)batch.Strings.Count - 1;
    }
}
