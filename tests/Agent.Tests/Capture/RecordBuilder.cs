using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Runtime.Agent.Capture;

namespace Runtime.Agent.Tests.Capture;

/// <summary>Records as the kernel side writes them: a fixed part, then tails.</summary>
internal static class RecordBuilder
{
    public static EventHeader Header(EventKind kind) => new()
    {
        Kind = (ushort)kind,
        Layout = EventHeader.CurrentLayout,
        CgroupVersion = 2,
        TimeBootNs = 1_000,
        CgroupId = 77,
        Pid = 41,
        Tid = 42,
        StartBootNs = 900,
    };

    /// <summary>"true\0bin\0usr\0" from "/usr/bin/true".</summary>
    public static byte[] Walk(string path) =>
        Encoding.Latin1.GetBytes(string.Concat(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse().Select(c => c + '\0')));

    public static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Puts the length into the header, which is every fixed part's beginning.</summary>
    public static byte[] Record<T>(T wire, params byte[][] tails)
        where T : unmanaged
    {
        var record = new byte[Unsafe.SizeOf<T>() + tails.Sum(t => t.Length)];
        MemoryMarshal.Write(record, wire);
        var at = Unsafe.SizeOf<T>();
        foreach (var tail in tails)
        {
            tail.CopyTo(record, at);
            at += tail.Length;
        }

        BitConverter.TryWriteBytes(record.AsSpan(4), record.Length);
        return record;
    }

    public static byte[] Exec(string binary, string filename, string arguments, string cwd, ExecFlags flags = 0, uint wireFlags = 0)
    {
        byte[] b = Walk(binary), f = Text(filename), a = Text(arguments), c = Walk(cwd);
        var wire = new ExecLayout
        {
            Header = Header(EventKind.Exec),
            Flags = (uint)flags | wireFlags,
            ParentPid = 40,
            ParentStartBootNs = 800,
            Uid = 1,
            Euid = 2,
            Gid = 3,
            LoginUid = uint.MaxValue,
            Inode = 4,
            Device = 5,
            Links = 6,
            Size = 7,
            BinaryLength = (ushort)b.Length,
            FilenameLength = (ushort)f.Length,
            ArgumentLength = (ushort)a.Length,
            CwdLength = (ushort)c.Length,
        };
        "comm\0"u8.CopyTo(wire.Comm);
        return Record(wire, b, f, a, c);
    }

    public static byte[] File(FileOperation operation, FileFlags flags, string directory, string argument, string otherDirectory = "/", string otherArgument = "", uint device = 8)
    {
        byte[] w = Walk(directory), a = Text(argument), ow = Walk(otherDirectory), oa = Text(otherArgument);
        return Record(new FileLayout
        {
            Header = Header(EventKind.File),
            Operation = (byte)operation,
            Flags = (byte)flags,
            Mode = 420,
            Inode = 9,
            Device = device,
            WalkLength = (ushort)w.Length,
            ArgumentLength = (ushort)a.Length,
            OtherWalkLength = (ushort)ow.Length,
            OtherArgumentLength = (ushort)oa.Length,
        }, w, a, ow, oa);
    }

    public static byte[] Network(NetworkOperation operation, byte[] local, byte[] remote, byte[] payload)
    {
        var wire = new NetworkLayout
        {
            Header = Header(EventKind.Network),
            Operation = (byte)operation,
            Protocol = 6,
            AddressLength = (byte)local.Length,
            LocalPort = 40000,
            RemotePort = 443,
            PayloadLength = (ushort)payload.Length,
            BytesSent = 1,
            BytesReceived = 2,
            DurationNs = 3,
        };
        local.CopyTo(wire.Local);
        remote.CopyTo(wire.Remote);
        return Record(wire, payload);
    }

    public static byte[] UnixConnect(byte[] tail, bool hasNoFile) => Record(new NetworkLayout
    {
        Header = Header(EventKind.Network),
        Operation = (byte)NetworkOperation.UnixConnect,
        Answer = hasNoFile ? (byte)1 : (byte)0,
        PayloadLength = (ushort)tail.Length,
    }, tail);

    public static byte[] Privilege(PrivilegeOperation operation, byte flags, string directory, string subject, string detail, uint count = 1)
    {
        byte[] w = Walk(directory), s = Text(subject), d = Text(detail);
        return Record(new PrivilegeLayout
        {
            Header = Header(EventKind.Privilege),
            Operation = (byte)operation,
            Flags = flags,
            Error = 1,
            Count = count,
            Value = 7,
            WalkLength = (ushort)w.Length,
            SubjectLength = (ushort)s.Length,
            DetailLength = (ushort)d.Length,
        }, w, s, d);
    }

    /// <summary>One valid record of every shape: what the fuzz tests begin from.</summary>
    public static IReadOnlyList<byte[]> OneOfEach() =>
    [
        Record(new ForkLayout { Header = Header(EventKind.Fork), ParentPid = 40, ParentStartBootNs = 800 }),
        Exec("/usr/bin/true", "/bin/true", "true\0-x\0", "/home"),
        Record(new ExitLayout { Header = Header(EventKind.Exit), WaitStatus = 42 << 8, RunTimeNs = 5 }),
        Record(new CgroupLayout { Header = Header(EventKind.Cgroup), Removed = 1, PathLength = 5 }, Text("/pods")),
        File(FileOperation.Create, 0, "/tmp/x", ""),
        File(FileOperation.Rename, FileFlags.PathFromArgument, "/tmp", "../new", "/var", "./old"),
        File(FileOperation.Symlink, FileFlags.PathFromArgument, "/tmp", "link", "/", "/etc/passwd"),
        Record(new RepeatsLayout { Header = Header(EventKind.Repeats), FirstBootNs = 500, Count = 3 }),
        Network(NetworkOperation.FirstBytes, [10, 0, 0, 1], [10, 0, 0, 2], Text("hello")),
        UnixConnect(Walk("/run/docker.sock"), hasNoFile: false),
        UnixConnect(Text("/containerd-shim/x"), hasNoFile: true),
        Network(NetworkOperation.Close, new byte[16], new byte[16], []),
        Privilege(PrivilegeOperation.Mount, PrivilegeLayout.SubjectIsPath, "/tmp", "mnt", "tmpfs none"),
        Privilege(PrivilegeOperation.SetName, 0, "/", "kworker/0:1", ""),
    ];
}

/// <summary>What came last, copied; text as Latin-1.</summary>
internal sealed class LastEventSink : IKernelEventSink
{
    public int Calls { get; private set; }
    public EventOrigin Origin { get; private set; }
    public string Path { get; private set; } = "";
    public string Other { get; private set; } = "";
    public string Arguments { get; private set; } = "";
    public string Text { get; private set; } = "";
    public string Comm { get; private set; } = "";

    public void OnFork(in ForkEvent e) => Keep(e.Origin, [], []);

    public void OnExec(in ExecEvent e)
    {
        Keep(e.Origin, e.Binary, e.Filename);
        (Arguments, Text, Comm) = (Latin1(e.Arguments), $"{Latin1(e.Cwd)} {e.IsScript} {e.Flags} {e.Uid},{e.Euid},{e.Gid},{e.LoginUid}", Latin1(e.Comm));
    }

    public void OnExit(in ExitEvent e)
    {
        Keep(e.Origin, [], []);
        Text = $"{e.Code} {e.Signal} {e.RunTimeNs}";
    }

    public void OnFile(in FileEvent e)
    {
        Keep(e.Origin, e.Path, e.OtherPath);
        Text = $"{e.Operation} {e.Flags} {e.Mode} {e.Inode} {e.Device}{(e.IsCounted ? " counted" : "")}";
    }

    public void OnRepeats(in RepeatsEvent e)
    {
        Keep(e.Origin, [], []);
        Text = $"{e.FirstBootNs} {e.Count}";
    }

    public void OnNetwork(in NetworkEvent e)
    {
        Keep(e.Origin, e.Payload, []);
        Text = $"{e.Operation} {Convert.ToHexString(e.LocalAddress)}:{e.LocalPort} {Convert.ToHexString(e.RemoteAddress)}:{e.RemotePort} {e.BytesSent} {e.BytesReceived} {e.DurationNs}";
    }

    public void OnPrivilege(in PrivilegeEvent e)
    {
        Keep(e.Origin, e.Subject, e.Detail);
        Text = $"{e.Operation} {e.Value} {e.SubjectIsPath} {e.Error} {e.Count}";
    }

    public void OnCgroup(in CgroupEvent e)
    {
        Keep(new EventOrigin(e.TimeBootNs, e.Cgroup, 0, 0, 0), e.Path, []);
        Text = $"{e.Removed}";
    }

    public void OnIdle() { }

    private void Keep(EventOrigin origin, ReadOnlySpan<byte> path, ReadOnlySpan<byte> other)
    {
        Calls++;
        (Origin, Path, Other) = (origin, Latin1(path), Latin1(other));
    }

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
