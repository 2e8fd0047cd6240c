using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Hosting;
using Xunit;

namespace Runtime.Collector.Tests.Security;

public sealed class LocalDoorTests
{
    private const uint Nobody = 65534;

    // No group of this number needs to exist: the kernel only compares.
    private const uint SomeGroup = 64123;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Socket_SpeaksBothProtocols_ToCurl()
    {
        await using var collector = await TestCollector.StartAsync();
        Assert.Equal(0, (await CurlAsync(collector.Socket, "--http1.1")).ExitCode);
        var http2 = await CurlAsync(collector.Socket, "--http2-prior-knowledge");
        Assert.Equal((0, "200"), (http2.ExitCode, http2.Output));
    }

    [Fact]
    public async Task FirstBytes_InPieces_StillFindTheProtocol()
    {
        await using var collector = await TestCollector.StartAsync();
        using var socket = await ConnectAsync(collector.Socket);
        foreach (var piece in new[] { "P", "O", "ST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" })
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(piece), Stop);
        }

        var answer = new byte[64];
        var length = await socket.ReceiveAsync(answer, Stop);
        Assert.StartsWith("HTTP/1.1 4", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_HasModeOfOwnerAndGroupOnly()
    {
        await using var collector = await TestCollector.StartAsync(options => options.Socket = Path.Combine(Path.GetDirectoryName(options.Socket)!, "made", "c.sock"));
        Assert.Equal("660", Convert.ToString((int)File.GetUnixFileMode(collector.Socket), 8));
        Assert.Equal("750", Convert.ToString((int)File.GetUnixFileMode(Path.GetDirectoryName(collector.Socket)!), 8));
    }

    [Fact]
    public async Task StrangerOfTheMachine_IsRefusedAndCounted()
    {
        NeedsRoot();
        await using var collector = await TestCollector.StartAsync();
        OpenToAll(collector.Socket);

        var curl = await CurlAsync(collector.Socket, "--http1.1", "setpriv", $"--reuid={Nobody}", "--regid=65534", "--clear-groups");

        Assert.NotEqual(0, curl.ExitCode);
        Assert.NotEqual("200", curl.Output);
        Assert.True(collector.Services.GetRequiredService<Refusals>().Total > 0);
    }

    [Fact]
    public async Task StrangersBytes_AreNeverRead()
    {
        NeedsRoot();
        await using var collector = await TestCollector.StartAsync();
        OpenToAll(collector.Socket);

        // Says nothing, and is closed all the same: no byte was waited for.
        var start = Stopwatch.StartNew();
        var silent = await RunAsync("setpriv", $"--reuid={Nobody}", "--clear-groups", "--regid=65534", "curl", "-s", "--max-time", "8", "--unix-socket", collector.Socket, "telnet://localhost");

        Assert.NotEqual(28, silent.ExitCode);
        Assert.True(start.Elapsed < TimeSpan.FromSeconds(8));
    }

    [Theory]
    [InlineData("--regid=64123", "--clear-groups")]
    [InlineData("--regid=65534", "--groups=7,64123")]
    public async Task MemberOfTheGroup_IsLetIn_ByPrimaryAndBySupplementaryGroup(string regid, string groups)
    {
        NeedsRoot();
        await using var collector = await TestCollector.StartAsync(options => options.Group = $"{SomeGroup}");
        collector.Store.Incidents.Add(Query.Sample.Incident("abcd1111"));

        var status = await CurlAsync(collector.Socket, "--http2-prior-knowledge", "setpriv", $"--reuid={Nobody}", regid, groups);
        var close = await RunAsync(
            "setpriv", $"--reuid={Nobody}", regid, groups, "curl", "-s", "--unix-socket", collector.Socket,
            "-H", "Content-Type: application/json", "-d", """{"verdict":"benign"}""", "http://localhost/v1/incidents/abcd1111:close");

        Assert.Equal((0, "200"), (status.ExitCode, status.Output));
        Assert.Equal(0, close.ExitCode);
        Assert.EndsWith("(uid 65534)", collector.Store.Incidents[0].Audit.Single().Who, StringComparison.Ordinal);

        // Others' sessions are root's and the collector's own user's to end.
        var end = await RunAsync(
            "setpriv", $"--reuid={Nobody}", regid, groups, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", collector.Socket,
            "-H", "Content-Type: application/json", "-d", "{}", "http://localhost/v1/web/sessions:end");
        Assert.Equal("403", end.Output);
    }

    [Fact]
    public async Task Start_OverASocketOfADeadProcess_TakesItsPlace()
    {
        var folder = TestCollector.MakeFolder();
        var path = Path.Combine(folder, "collector.sock");
        var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(path));
        dead.Listen();

        // A killed process leaves the file; Dispose would take it along.
        File.Move(path, path + ".kept");
        dead.Dispose();
        File.Move(path + ".kept", path);

        await using var collector = await TestCollector.StartAsync(folder: folder);

        Assert.Equal((0, "200"), await CurlAsync(collector.Socket, "--http1.1"));
    }

    [Fact]
    public async Task Start_BesideALivingCollector_SaysWhichProcess()
    {
        await using var collector = await TestCollector.StartAsync();
        var fault = await Assert.ThrowsAsync<AccessException>(() => TestCollector.StartAsync(folder: collector.Folder));
        Assert.Contains($"pid {Environment.ProcessId}", fault.Message, StringComparison.Ordinal);
        Assert.Equal((0, "200"), await CurlAsync(collector.Socket, "--http1.1"));
    }

    [Fact]
    public async Task Start_BesideAStrangersListener_LeavesItAlone()
    {
        var folder = TestCollector.MakeFolder();
        var path = Path.Combine(folder, "collector.sock");
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        other.Listen();

        var fault = await Assert.ThrowsAsync<AccessException>(() => TestCollector.StartAsync(folder: folder));

        Assert.Contains("another process listens", fault.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task Start_OverAFileThatIsNoSocket_DoesNotDeleteIt()
    {
        var folder = TestCollector.MakeFolder();
        var path = Path.Combine(folder, "collector.sock");
        await File.WriteAllTextAsync(path, "precious", Stop);

        var fault = await Assert.ThrowsAsync<AccessException>(() => TestCollector.StartAsync(folder: folder));

        Assert.Contains("is not a unix socket", fault.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(path, Stop));
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task Start_InAFolderThatEverybodyMayWrite_IsRefused()
    {
        var folder = TestCollector.MakeFolder();
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        var fault = await Assert.ThrowsAsync<AccessException>(() => TestCollector.StartAsync(folder: folder));
        Assert.Contains("mode 777", fault.Message, StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Fact]
    public void Group_ThatTheMachineDoesNotKnow_IsAStartError()
    {
        var fault = Assert.Throws<AccessException>(() => LocalAdmission.From(new AccessOptions { Group = "no-such-group-here" }));
        Assert.Contains("Listen:Group = \"no-such-group-here\"", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_RemovesTheSocket()
    {
        var folder = TestCollector.MakeFolder();
        var kept = TestCollector.MakeFolder();
        string socket;
        await using (var collector = await TestCollector.StartAsync(options => options.Socket = Path.Combine(kept, "c.sock"), folder: folder))
        {
            socket = collector.Socket;
            Assert.True(File.Exists(socket));
        }

        Assert.False(File.Exists(socket));
        Directory.Delete(kept, true);
    }

    private static void NeedsRoot() => Assert.SkipUnless(Libc.EffectiveUser() == 0, "needs root, to become another user");

    /// <summary>So that only the peer's credentials stand between a stranger and the collector.</summary>
    private static void OpenToAll(string socket) => File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);

    private static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Stop);
        return socket;
    }

    private static Task<(int ExitCode, string Output)> CurlAsync(string socket, string protocol, params string[] before) =>
        RunAsync([.. before, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", protocol, "--unix-socket", socket, "http://localhost/v1/status"]);

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output);
    }
}
