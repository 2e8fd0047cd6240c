using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class TierZeroTests
{
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();
    private readonly IReadOnlyList<ProcessInfo> _nginx;

    public TierZeroTests() => _nginx = _builder.Process("/usr/sbin/nginx", flags: ProcessFlags.NetworkFacing);

    [Fact]
    public void Memfd_BelowTheContainersProcesses_IsAFact() =>
        Assert.Equal(TierZero.Memfd, Judge(_builder.Process("memfd:x (deleted)", _nginx, flags: ProcessFlags.Memfd)));

    [Fact]
    public void Memfd_RuncsOwnCloneBeforeTheFirstProcess_IsNone() => Assert.Null(
        Judge(_builder.Process("/memfd:runc_cloned:/proc/self/exe (deleted)", flags: ProcessFlags.Memfd, phase: Phase.Init, arguments: ["runc", "init"])));

    [Fact]
    public void Memfd_BearingTheNameOfRuncsCloneBelowAServer_IsAFact() => Assert.Equal(
        TierZero.Memfd,
        Judge(_builder.Process("/memfd:runc_cloned:/proc/self/exe (deleted)", _nginx, flags: ProcessFlags.Memfd, arguments: ["runc", "init"])));

    [Fact]
    public void Memfd_FirstProcessThatIsNoRuntime_IsAFact() =>
        Assert.Equal(TierZero.Memfd, Judge(_builder.Process("/memfd:payload (deleted)", flags: ProcessFlags.Memfd, arguments: ["runc", "init"])));

    [Fact]
    public void Memfd_RuncOnTheHost_IsNone()
    {
        var host = new ObservationBuilder(ObservationBuilder.Host);
        var shim = host.Process("/usr/bin/containerd-shim-runc-v2", host.Process("/usr/lib/systemd/systemd"), Phase.Host);
        var clone = host.Process("/memfd:runc_cloned:/proc/self/exe (deleted)", shim, Phase.Host, ProcessFlags.Memfd, arguments: ["runc", "init"]);
        Assert.Null(TierZero.Judge(host.Exec(null, clone)));
        var bash = host.Process("/bin/bash", host.Process("/usr/sbin/sshd"), Phase.Host);
        var fake = host.Process("/memfd:runc_cloned:/proc/self/exe (deleted)", bash, Phase.Host, ProcessFlags.Memfd, arguments: ["runc", "init"]);
        Assert.Equal(TierZero.Memfd, TierZero.Judge(host.Exec(null, fake))?.Rule);
    }

    [Theory]
    [InlineData("stratum", true)]
    [InlineData("tls", false)]
    [InlineData("http", false)]
    [InlineData("other", false)]
    public void FirstBytes_Payload_OnlyStratumIsAFact(string payload, bool isFact)
    {
        var fact = TierZero.Judge(_builder.FirstBytes(Container, _builder.Process("/tmp/a", _nginx), "203.0.113.7", 443, payload));
        Assert.Equal(isFact ? TierZero.Stratum : null, fact?.Rule);
    }

    [Theory]
    [InlineData("stratum+tcp://pool.example:3333")]
    [InlineData("--url=stratum+ssl://pool.example:443")]
    [InlineData("--donate-level=1")]
    [InlineData("--rig-id")]
    [InlineData("--algo=rx/0")]
    public void MinerArguments_WithAConnection_AreAFact(string argument)
    {
        var miner = _builder.Process("/tmp/kworker", _nginx, arguments: ["/tmp/kworker", "-o", argument]);
        Assert.Equal(TierZero.Miner, TierZero.Judge(_builder.Connect(Container, miner, "203.0.113.7", 3333))?.Rule);

        // Alone they are words.
        Assert.Null(TierZero.Judge(_builder.Exec(Container, miner)));
    }

    [Fact]
    public void MinerArguments_ConnectionOfAChild_IsAFact()
    {
        var miner = _builder.Process("/tmp/start", _nginx, arguments: ["/tmp/start", "--donate-level", "1"]);
        Assert.Equal(TierZero.Miner, TierZero.Judge(_builder.Connect(Container, _builder.Process("/tmp/child", miner), "203.0.113.7", 3333))?.Rule);
    }

    [Fact]
    public void MinerName_WithAConnection_IsAFact() =>
        Assert.Equal(TierZero.Miner, TierZero.Judge(_builder.Connect(Container, _builder.Process("/opt/XMRig", _nginx), "203.0.113.7", 443))?.Rule);

    [Theory]
    [InlineData("/bin/echo", "echo", "xmrig")]
    [InlineData("/bin/grep", "grep", "stratum+tcp")]
    [InlineData("/usr/bin/curl", "curl", "-o", "stratum.txt", "https://example.org")]
    [InlineData("/bin/sh", "sh", "-c", "grep stratum+tcp:// /var/log/x | nc log 514")]
    [InlineData("/usr/bin/ffmpeg", "ffmpeg", "--algo=lanczos", "in.mp4")]
    public void MinerWords_OfOtherPrograms_AreNoneEvenWithAConnection(string binary, params string[] arguments)
    {
        var process = _builder.Process(binary, _nginx, arguments: arguments);
        Assert.Null(TierZero.Judge(_builder.Exec(Container, process)));
        Assert.Null(TierZero.Judge(_builder.Connect(Container, process, "203.0.113.7", 443)));
    }

    [Theory]
    [InlineData("10.96.0.10", 53, false)] // a name is looked up
    [InlineData("127.0.0.1", 8080, false)] // the own pod, another port
    [InlineData("127.0.0.1", 3333, true)] // the own pod, the port of the argument: a proxy
    [InlineData("10.4.4.4", 3333, true)]
    public void MinerArguments_WhereTheConnectionGoes_Decides(string address, int port, bool isFact)
    {
        var miner = _builder.Process("/tmp/m", _nginx, arguments: ["/tmp/m", "-o", "stratum+tcp://127.0.0.1:3333"]);
        Assert.Equal(isFact, TierZero.Judge(_builder.Connect(Container, miner, address, port)) is not null);
    }

    [Theory]
    [InlineData(ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing, Phase.Steady, true)]
    [InlineData(ProcessFlags.UpperLayer, Phase.Init, false)] // an entrypoint runs what it unpacked
    [InlineData(ProcessFlags.NetworkFacing, Phase.Steady, false)] // a program of the image
    [InlineData(ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing, Phase.Session, false)] // kubectl cp, kubectl exec
    public void UpperLayer_OnlyBelowWhatServesTheNetwork_IsAFact(object flags, object phase, bool isFact) =>
        Assert.Equal(isFact ? TierZero.UpperLayer : null, Judge(_builder.Process("/opt/x", _nginx, (Phase)phase, (ProcessFlags)flags)));

    [Theory]
    [InlineData("/bin/sh", ProcessFlags.StdinSocket, true)]
    [InlineData("/bin/bash", ProcessFlags.StdoutSocket, true)]
    [InlineData("/bin/bash", ProcessFlags.StderrSocket, true)] // sh -i 2>&5
    [InlineData("/bin/bash", ProcessFlags.None, false)]
    [InlineData("/bin/bash", ProcessFlags.StdinPipe, false)]
    [InlineData("/usr/sbin/nginx", ProcessFlags.StdinSocket, false)] // a server handed its connection
    public void Shell_InputOrOutputIsASocket_IsAFact(string binary, object flags, bool isFact) =>
        Assert.Equal(isFact ? TierZero.ShellOnSocket : null, Judge(_builder.Process(binary, _nginx, flags: (ProcessFlags)flags)));

    [Fact]
    public void Shell_OfBusybox_IsToldByTheNameItWasCalledBy()
    {
        Assert.Equal(TierZero.ShellOnSocket, Judge(_builder.Process("/bin/busybox", _nginx, flags: ProcessFlags.StdinSocket, arguments: ["sh", "-i"])));
        Assert.Null(Judge(_builder.Process("/bin/busybox", _nginx, flags: ProcessFlags.StdinSocket, arguments: ["cat"])));
    }

    [Theory]
    [InlineData("/etc/ld.so.preload", FileOperation.Create, true)]
    [InlineData("/etc/ld.so.preload", FileOperation.Rename, true)]
    [InlineData("/etc/ld.so.preload", FileOperation.Unlink, false)]
    [InlineData("/etc/ld.so.cache", FileOperation.Write, false)]
    public void LoaderPreload_Written_IsAFact(string path, object operation, bool isFact) =>
        Assert.Equal(isFact ? TierZero.LoaderPreload : null, TierZero.Judge(_builder.File(Container, _nginx, path, (FileOperation)operation))?.Rule);

    [Theory]
    [InlineData("/usr/bin/python3.11", "", ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket, true)] // nc -e python3
    [InlineData("/usr/bin/perl", "", ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket | ProcessFlags.StderrSocket, true)]
    [InlineData("/usr/bin/python3.11", "/srv/handler.py", ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket, false)] // inetd, socat EXEC
    [InlineData("/usr/bin/perl", "", ProcessFlags.StdinSocket, false)] // FastCGI
    [InlineData("/usr/sbin/nginx", "", ProcessFlags.StdinSocket | ProcessFlags.StdoutSocket, false)]
    public void Interpreter_WithoutAScriptOnASocket_IsAFact(string binary, string script, object flags, bool isFact) =>
        Assert.Equal(isFact ? TierZero.ShellOnSocket : null, Judge(_builder.Process(binary, _nginx, flags: (ProcessFlags)flags, script: script)));

    [Theory]
    [InlineData("pool.supportxmr.com", true)]
    [InlineData("SupportXMR.com.", true)]
    [InlineData("xmr-eu1.nanopool.org", true)]
    [InlineData("notsupportxmr.com", false)]
    [InlineData("supportxmr.com.example.org", false)]
    [InlineData("api2.nicehash.com", false)] // an exchange's, too
    [InlineData("com", false)]
    [InlineData("", false)]
    public void PoolName_LookedUpConnectedToOrAskedForInTls_IsAFact(string name, bool isFact)
    {
        var process = _builder.Process("/usr/bin/app", _nginx);
        var connect = _builder.Connect(Container, process, "203.0.113.7", 443) with { Name = name };
        var query = _builder.Connect(Container, process, "10.96.0.10", 53, protocol: 17) with { Operation = NetworkOperation.NameQuery, Name = name };
        var tls = _builder.FirstBytes(Container, process, "203.0.113.7", 443, "tls") with { Name = name, Flags = NetworkFlags.NameFromSni };
        Assert.All<NetworkObservation>([connect, query, tls], seen => Assert.Equal(isFact ? TierZero.PoolName : null, TierZero.Judge(seen)?.Rule));
    }

    [Fact]
    public void PoolName_ThatAResolverPassesOn_IsNone()
    {
        var resolver = _builder.Process("/coredns", _nginx);
        var query = _builder.Connect(Container, resolver, "10.0.0.2", 53, protocol: 17) with { Operation = NetworkOperation.NameQuery, Name = "pool.supportxmr.com" };
        Assert.Null(TierZero.Judge(query));

        // What it connects to is its own doing.
        Assert.Equal(TierZero.PoolName, TierZero.Judge(query with { Operation = NetworkOperation.Connect, Protocol = 6, RemotePort = 3333 })?.Rule);
    }

    [Fact]
    public void Pathless_ThroughADescriptor_IsAFact()
    {
        Assert.Equal(TierZero.Pathless, Judge(_builder.Process("/tmp/#1234 (deleted)", _nginx, flags: ProcessFlags.Deleted)));
        Assert.Equal(TierZero.Pathless, Judge(_builder.Process("/tmp/x", _nginx, flags: ProcessFlags.Deleted | ProcessFlags.UpperLayer)));
    }

    [Fact]
    public void Pathless_OfWhatReplacesItselfWasThereOrIsTheRuntimes_IsNone()
    {
        var old = _builder.Process("/usr/sbin/nginx (deleted)", _nginx, flags: ProcessFlags.Deleted);
        Assert.Null(Judge(old));
        var bash = _builder.Process("/bin/bash", _nginx);
        Assert.Null(Judge([old[0] with { Inode = 7, Device = 1 }, bash[0] with { Inode = 7, Device = 1 }, .. _nginx]));
        Assert.Null(Judge(_builder.Process("/usr/bin/tool", _nginx, flags: ProcessFlags.Deleted | ProcessFlags.AtStart)));
        Assert.Null(Judge(_builder.Process("/run/containerd/runc/k8s.io/0f3c/runc.a8Gk2X (deleted)", flags: ProcessFlags.Deleted, phase: Phase.Init, arguments: ["runc", "init"])));

        // The same words below a server are no runtime's.
        Assert.Equal(TierZero.Pathless, Judge(_builder.Process("/run/runc/x (deleted)", _nginx, flags: ProcessFlags.Deleted, arguments: ["runc", "init"])));

        // On a host packages are replaced under what runs.
        var host = new ObservationBuilder(ObservationBuilder.Host);
        Assert.Null(TierZero.Judge(host.Exec(null, host.Process("/usr/bin/x", host.Process("/bin/bash"), Phase.Host, ProcessFlags.Deleted))));
    }

    [Theory]
    [InlineData("/tmp/x", "", ProcessFlags.NetworkFacing, Phase.Steady, TierZero.OddPlace)]
    [InlineData("/lib64/ld-linux-x86-64.so.2", "/dev/shm/x", ProcessFlags.NetworkFacing, Phase.Steady, TierZero.OddPlace)]
    [InlineData("/tmp/x", "", ProcessFlags.NetworkFacing | ProcessFlags.UpperLayer, Phase.Steady, TierZero.UpperLayer)] // told once, by the stronger word
    [InlineData("/tmp/x", "", ProcessFlags.None, Phase.Steady, null)]
    [InlineData("/tmp/x", "", ProcessFlags.NetworkFacing, Phase.Session, null)]
    [InlineData("/tmp/x", "", ProcessFlags.NetworkFacing | ProcessFlags.AtStart, Phase.Steady, null)]
    [InlineData("/usr/bin/x", "", ProcessFlags.NetworkFacing, Phase.Steady, null)]
    public void OddPlace_BelowWhatServesTheNetwork_IsAFactWhenItIsNew(string binary, string payload, object flags, object phase, string? expected)
    {
        var lineage = _builder.Process(binary, _nginx, (Phase)phase, (ProcessFlags)flags);
        var fact = TierZero.Judge(_builder.Exec(Container, [lineage[0] with { Payload = payload }, .. _nginx]));
        Assert.Equal((expected, expected == TierZero.OddPlace), (fact?.Rule, fact?.OnlyWhenNew ?? false));
    }

    [Theory]
    [InlineData("/tmp/kdevtmpfsi", "", true)]
    [InlineData("/usr/bin/Kinsing", "", true)]
    [InlineData("/bin/sh", "/var/tmp/kinsing", true)]
    [InlineData("/usr/bin/kinsing-scanner", "", false)] // a tool against it
    [InlineData("/bin/grep", "", false)]
    public void BadProgram_Executed_IsAFact(string binary, string script, bool isFact) =>
        Assert.Equal(isFact ? TierZero.BadProgram : null, Judge(_builder.Process(binary, _nginx, script: script, arguments: [binary, "kinsing"])));

    [Theory]
    [InlineData("/usr/bin/version.dat", FileOperation.Create, true)]
    [InlineData("/etc/libsystem.so", FileOperation.Rename, true)]
    [InlineData("/usr/bin/version.dat", FileOperation.Unlink, false)] // who cleans up
    [InlineData("/usr/bin/version.data", FileOperation.Create, false)]
    [InlineData("/srv/usr/bin/version.dat", FileOperation.Create, false)]
    public void BadPath_Left_IsAFact(string path, object operation, bool isFact) =>
        Assert.Equal(isFact ? TierZero.BadPath : null, TierZero.Judge(_builder.File(Container, _nginx, path, (FileOperation)operation))?.Rule);

    [Theory]
    [InlineData("/host/etc/ld.so.preload", true)] // the node's, through a mount
    [InlineData("/var/lib/app/rootfs/etc/ld.so.preload", false)] // of a root that is put together for somebody else
    [InlineData("/etc/ld.so.preload.bak", false)]
    public void LoaderPreload_OfAMountedHost_IsAFact(string path, bool isFact) =>
        Assert.Equal(isFact ? TierZero.LoaderPreload : null, TierZero.Judge(_builder.File(Container, _nginx, path, FileOperation.Write))?.Rule);

    [Theory]
    [InlineData("/var/lib/kubelet/pki/kubelet-client-current.pem", true)]
    [InlineData("/host/etc/kubernetes/kubelet.conf", true)]
    [InlineData("/etc/kubernetes/pki/apiserver-kubelet-client.key", false)] // the API server reads it at each start
    [InlineData("/root/.kube/config", false)]
    public void KubeletCredential_OpenedByAContainer_IsAFactWhenItIsNew(string path, bool isFact)
    {
        var fact = TierZero.Judge(_builder.File(Container, _nginx, path, FileOperation.SensitiveRead));
        Assert.Equal((isFact ? TierZero.KubeletCredential : null, isFact), (fact?.Rule, fact?.OnlyWhenNew ?? false));
        var host = new ObservationBuilder(ObservationBuilder.Host);
        Assert.Null(TierZero.Judge(host.File(null, host.Process("/usr/bin/kubelet", phase: Phase.Host), path, FileOperation.SensitiveRead)));
    }

    [Fact]
    public void RuntimeSocket_OfAContainer_IsAFactWhenItIsNew_AndOfTheHostNone()
    {
        var socket = _builder.Connect(Container, _nginx, "127.0.0.1", 0, protocol: 0) with { Operation = NetworkOperation.UnixConnect, RemoteAddress = null, Name = "/run/docker.sock" };
        Assert.Equal((TierZero.RuntimeSocket, true), (TierZero.Judge(socket)?.Rule, TierZero.Judge(socket)!.OnlyWhenNew));
        Assert.Null(TierZero.Judge(socket with { Container = null }));
    }

    [Fact]
    public void EveryFact_HasARankOrIsBlindness_AndASwitch()
    {
        Assert.All(TierZero.All, rule => Assert.True(rule == TierZero.Blind || TierZero.Rank(rule + "|/x") > 0, rule));
        Assert.Equal(TierZero.All.Count, TierZero.All.Distinct().Count());
        var constants = typeof(TierZero).GetFields().Concat(typeof(BinaryFacts).GetFields()).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);
        Assert.Equal(constants.Order(), TierZero.All.Order());
    }

    private string? Judge(IReadOnlyList<ProcessInfo> lineage) => TierZero.Judge(_builder.Exec(Container, lineage))?.Rule;
}
