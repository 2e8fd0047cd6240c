using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>What is done through a ring is told as its system call is, in whichever thread the kernel does it.</summary>
public sealed class UringTests(CaptureFixture capture)
{
    private const string Create = "0101", ReadOnly = "0", Write = "1";
    private static string? _stimulus;

    public static TheoryData<string> Modes => ["sync", "async", "sqpoll"];

    /// <summary>Also with nothing posted on success, with no room for completions, and with both.</summary>
    public static TheoryData<string> Ways =>
    [
        .. from mode in new[] { "sync", "async", "sqpoll" } from way in new[] { "", "+silent", "+full", "+silent+full" } select mode + way,
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Open_ThatCreates_IsToldWithItsWholePath(string way)
    {
        var folder = capture.NewFolder();
        var told = await FileAsync(way, FileOperation.Create, "open", $"{folder}/made", Create);
        Assert.Equal($"{folder}/made", told.Path);
        Assert.Equal(way.Contains("silent"), told.Flags.HasFlag(FileFlags.PathFromArgument));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Open2_ForWriting_IsTold(string way)
    {
        var file = MakeFile();
        Assert.Equal(file, (await FileAsync(way, FileOperation.Write, "open2", file, Write)).Path);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Open_OfASecret_IsTold(string way)
    {
        capture.Require();
        File.WriteAllText($"{capture.Folder}/secret", "");
        Assert.Equal($"{capture.Folder}/secret", (await FileAsync(way, FileOperation.SensitiveRead, "open", $"{capture.Folder}/secret", ReadOnly)).Path);
    }

    /// <summary>No descriptor names what the ring keeps for itself; a link to it hides nothing.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Open_IntoTheRingsOwnTable_IsTold(string mode)
    {
        var file = MakeFile();
        File.CreateSymbolicLink($"{file}-alias", file);
        var told = await FileAsync(mode + "+fixed", FileOperation.Write, "open", $"{file}-alias", Write);
        Assert.Equal(file, told.Path);
        Assert.False(told.Flags.HasFlag(FileFlags.PathFromArgument));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Open_ThatFailsOrOnlyReads_IsNotTold(string mode)
    {
        var (missing, _) = await RunAsync(98, mode, "open", $"{capture.NewFolder()}/none", Write);
        var (plain, _) = await RunAsync(0, mode, "open", MakeFile(), ReadOnly);
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == missing);
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == plain);
        Assert.Empty(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == missing || e.Origin.Pid == plain));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Unlink_IsTold(string way)
    {
        var file = MakeFile();
        Assert.Equal(file, (await FileAsync(way, FileOperation.Unlink, "unlink", file)).Path);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Rename_IsToldWithBothNames(string way)
    {
        var file = MakeFile();
        var told = await FileAsync(way, FileOperation.Rename, "rename", file, $"{file}-new");
        Assert.Equal(($"{file}-new", file), (told.Path, told.OtherPath));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Link_IsToldWithBothNames(string mode)
    {
        var file = MakeFile();
        var told = await FileAsync(mode, FileOperation.Link, "link", file, $"{file}-new");
        Assert.Equal(($"{file}-new", file), (told.Path, told.OtherPath));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Symlink_IsToldWithItsTarget(string mode)
    {
        var file = MakeFile();
        var told = await FileAsync(mode, FileOperation.Symlink, "symlink", "../etc/passwd", $"{file}-link");
        Assert.Equal(($"{file}-link", "../etc/passwd"), (told.Path, told.OtherPath));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task SetXattr_IsToldWithTheAttribute(string mode)
    {
        var file = MakeFile();
        foreach (var action in new[] { "xattr", "fxattr" })
        {
            var told = await FileAsync(mode, FileOperation.Xattr, action, file, "trusted.runtime");
            Assert.Equal((file, "trusted.runtime"), (told.Path, told.OtherPath));
        }
    }

    /// <summary>The failures of others under its user_data do not hide it.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Rename_AmongFailuresOfItsUserData_IsTold(string mode)
    {
        var file = MakeFile();
        var (pid, _) = await RunAsync(0, mode, "twins", file, $"{file}-new");
        await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.Rename && e.OtherPath == file);
    }

    /// <summary>Too long for the table: told when it is submitted.</summary>
    [Fact]
    public async Task Rename_WithVeryLongNames_IsTold()
    {
        var folder = string.Concat(capture.NewFolder(), string.Concat(Enumerable.Repeat("/" + new string('d', 250), 6)));
        Directory.CreateDirectory(folder);
        File.WriteAllText($"{folder}/old", "");
        var told = await FileAsync("sync", FileOperation.Rename, "rename", $"{folder}/old", $"{folder}/new");
        Assert.Equal(($"{folder}/new", $"{folder}/old"), (told.Path, told.OtherPath));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Send_ToAnAddress_TellsTheUdpPeer(string way)
    {
        foreach (var (action, port) in new[] { ("send", "19991"), ("sendmsg", "19992") })
            Assert.Equal($"127.0.0.1:{port}", (await NetworkAsync(way, NetworkOperation.UdpPeer, action, port)).Remote);
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("async")]
    [InlineData("sqpoll")]
    [InlineData("sync+full")]
    [InlineData("async+full")]
    [InlineData("sqpoll+full")]
    public async Task Connect_OfUdpAndToARuntime_IsTold(string way)
    {
        Assert.Equal("127.0.0.1:19993", (await NetworkAsync(way, NetworkOperation.UdpPeer, "udp", "19993")).Remote);
        var path = $"{capture.NewFolder()}/docker.sock";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Assert.Equal(path, (await NetworkAsync(way, NetworkOperation.UnixConnect, "unix", path)).Payload);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Connect_OfTcp_IsToldOnceWithItsOwner(string mode)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var remote = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var (pid, _) = await RunAsync(0, mode, "tcp", remote[10..]);
        Assert.Equal((remote, 0), await OnlyConnectAsync(pid, remote));
    }

    /// <summary>One without a route before its state changes, one without a free port after it: each with its own error, once.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Connect_ThatTheKernelGivesUp_IsToldOnceWithItsError(string mode)
    {
        var (pid, _) = await RunAsync(98, mode, "unreachable");
        Assert.Equal(("192.0.2.1:9", 101), await OnlyConnectAsync(pid, "192.0.2.1:9"));

        var (second, output) = await RunAsync(98, mode, "no-port");
        var remote = $"127.0.0.1:{output.Trim()}";
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == second);
        Assert.Equal([0, 99], capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == second && e.Operation == NetworkOperation.Connect && e.Remote == remote).Select(e => e.Error));
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("async")]
    [InlineData("sqpoll")]
    [InlineData("sync+fixed")]
    [InlineData("async+fixed")]
    public async Task Accept_OneByOneAndInOneRequest_IsTold(string way)
    {
        foreach (var action in new[] { "accept", "accept-many" })
        {
            var (pid, output) = await RunAsync(0, way, action);
            await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
            var accepted = capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Accept);
            Assert.Equal(2, accepted.Count);
            Assert.All(accepted, e => Assert.Equal($"127.0.0.1:{output.Trim()}", e.Local));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Socket_OfPackets_IsTold(string way) =>
        Assert.Equal(17u << 24 | 3u << 16 | 0x300, (await NetworkAsync(way, NetworkOperation.RawSocket, "socket")).Socket);

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Listen_IsTold(string mode) =>
        Assert.StartsWith("127.0.0.1:", (await NetworkAsync(mode, NetworkOperation.Listen, "listen")).Local);

    private async Task<(string Remote, int Error)> OnlyConnectAsync(uint pid, string remote)
    {
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        var connect = Assert.Single(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Connect && e.Remote == remote));
        return (connect.Remote, connect.Error);
    }

    private string MakeFile()
    {
        var file = $"{capture.NewFolder()}/data";
        File.WriteAllText(file, "");
        return file;
    }

    private Task<CapturedFile> FileAsync(string way, FileOperation operation, params string[] action) =>
        ToldAsync<CapturedFile>(way, e => e.Operation == operation, action);

    private Task<CapturedNetwork> NetworkAsync(string way, NetworkOperation operation, params string[] action) =>
        ToldAsync<CapturedNetwork>(way, e => e.Operation == operation, action);

    /// <summary>A ring without room shows its process nothing: it lives until what it did was seen.</summary>
    private async Task<T> ToldAsync<T>(string way, Func<T, bool> matches, string[] action)
        where T : Captured
    {
        using var process = Start([way, .. action]);
        if (!way.Contains("full"))
            await EndAsync(process, 0);
        var told = await capture.Sink.WaitAsync<T>(e => e.Origin.Pid == process.Id && matches(e));
        process.StandardInput.Close();
        await EndAsync(process, 0);
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == process.Id);
        return Assert.Single(capture.Sink.All<T>(e => e.Origin.Pid == process.Id && matches(e)));
    }

    private async Task<(uint Pid, string Output)> RunAsync(int code, params string[] arguments)
    {
        using var process = Start(arguments);
        return ((uint)process.Id, await EndAsync(process, code));
    }

    private static async Task<string> EndAsync(Process process, int code)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync(timeout.Token);
        var error = await process.StandardError.ReadToEndAsync(timeout.Token);
        Assert.SkipWhen(process.ExitCode == 97, $"this kernel has no io_uring, or not for this: {error}");
        Assert.True(process.ExitCode == code, $"{process.ExitCode}: {error}");
        return await process.StandardOutput.ReadToEndAsync(timeout.Token);
    }

    private Process Start(string[] arguments)
    {
        capture.Require();
        _stimulus ??= capture.Compile("stimulus-uring.c");
        return Process.Start(new ProcessStartInfo(_stimulus, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
