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
    [InlineData("/bin/bash", ProcessFlags.StderrSocket, false)]
    [InlineData("/bin/bash", ProcessFlags.None, false)]
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

    private string? Judge(IReadOnlyList<ProcessInfo> lineage) => TierZero.Judge(_builder.Exec(Container, lineage))?.Rule;
}
