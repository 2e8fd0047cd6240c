using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Capture;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Standing;
using Runtime.Agent.Tests.Reduction;
using Xunit;
using Socket = System.Net.Sockets.Socket;

namespace Runtime.Agent.Tests.Standing;

/// <summary>Real sockets of this process and of another network namespace, found through the real /proc.</summary>
public sealed class StartScanTests
{
    private string _log = "";
    private readonly FactList _out = new();
    private readonly TestClock _clock = new();

    [Fact]
    public void Scan_FindsWhoListensAndWhoIsConnected()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new TcpClient();
        client.Connect(IPAddress.Loopback, port);
        using var accepted = listener.AcceptTcpClient();
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        peer.Connect(IPAddress.Loopback, 9);

        var facts = Scan(Environment.ProcessId);

        var listen = Assert.Single(facts, f => f.Operation == NetworkOperation.Listen && f.Protocol == 6 && f.LocalPort == port);
        Assert.Equal([127, 0, 0, 1], listen.LocalAddress);
        Assert.Empty(listen.RemoteAddress);
        Assert.True(listen.IsNew);
        Assert.Equal(NetworkFlags.AtStart, listen.Flags);
        Assert.Equal((uint)Environment.ProcessId, listen.Process.Key.Pid);
        Assert.Single(facts, f => f.Operation == NetworkOperation.Connect && f.RemotePort == port);
        Assert.Single(facts, f => f.Operation == NetworkOperation.Accept && f.LocalPort == port);
        Assert.Single(facts, f => f.Operation == NetworkOperation.UdpPeer && f.RemotePort == 9);
        Assert.All(facts, f => Assert.Equal(NetworkFlags.AtStart, f.Flags));
        Assert.Empty(_log);
    }

    [Fact]
    public async Task Scan_OfAnotherNetworkNamespace_FindsItsListener()
    {
        // It says so itself when it listens; nothing of it is in our namespace.
        const string Script = "import socket,sys,time\ns=socket.socket(); s.bind(('0.0.0.0',7777)); s.listen(); print('up',flush=True); time.sleep(60)";
        Assert.SkipUnless(File.Exists("/usr/bin/unshare") && File.Exists("/usr/bin/python3"), "unshare and python3 are needed");
        using var child = Process.Start(new ProcessStartInfo("/usr/bin/unshare", ["-n", "/usr/bin/python3", "-c", Script]) { RedirectStandardOutput = true })!;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var said = await child.StandardOutput.ReadLineAsync(limit.Token);
            Assert.SkipUnless(said == "up", "no network namespace can be made here");
            var facts = Scan(Environment.ProcessId, child.Id);
            var listen = Assert.Single(facts, f => f.LocalPort == 7777);
            Assert.Equal(((uint)child.Id, NetworkOperation.Listen, true), (listen.Process.Key.Pid, listen.Operation, listen.Process.Flags.HasFlag(ProcessFlags.NetworkFacing)));
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public void Listen_AfterTheScan_IsNoRepeatOfState()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
        Scan(Environment.ProcessId);
        var process = _out.Facts.OfType<NetworkFact>().First().Process;
        byte[] local = [127, 0, 0, 1];
        _reducer!.OnNetwork(new NetworkEvent
        {
            Origin = new(process.Key.StartBootNs + 5, process.Cgroup, process.Key.Pid, process.Key.Pid, process.Key.StartBootNs), Operation = NetworkOperation.Listen, Protocol = 6, LocalAddress = local, LocalPort = port,
        });
        Assert.Equal([NetworkFlags.AtStart, NetworkFlags.None], _out.Facts.OfType<NetworkFact>().Where(f => f.Operation == NetworkOperation.Listen && f.LocalPort == port).Select(f => f.Flags));
    }

    private Reducer? _reducer;

    /// <summary>The processes as the table's scan takes them in, then the scan's finds through the reducer.</summary>
    private List<NetworkFact> Scan(params int[] pids)
    {
        var procfs = new ProcfsReader("/proc");
        var processes = new ProcessTable(new(), new FakeContainers(), Redaction.WithRandomSalt(), procfs, new FakeTimeProvider());
        foreach (var pid in pids)
        {
            var read = procfs.ReadProcess((uint)pid)!;
            processes.Restore(new() { Key = new((uint)pid, read.Stat.StartTicks * 10_000_000), Cgroup = new(1, 2), Binary = read.Binary, NetworkNamespace = read.NetworkNamespace, MountNamespace = read.MountNamespace, Flags = ProcessFlags.AtStart }, default);
        }
        using var log = new StringWriter();
        var scan = new StartScan("/proc", new AgentLog(log, LogLevel.Information, TimeProvider.System));
        _reducer = new(new(), processes, new FakeContainers(), _clock, () => [], _out) { StartScan = scan };
        scan.Run(processes.All());
        _log = log.ToString();
        _reducer.OnIdle();
        Assert.True(scan.IsDone, string.Create(CultureInfo.InvariantCulture, $"{scan.Counters()["start_scan.left_out"]} left out"));
        return [.. _out.Facts.OfType<NetworkFact>()];
    }
}
