using System.Net.Sockets;
using System.Text;
using CsCheck;
using Runtime.Agent.Managed;
using Runtime.Agent.Tests.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Managed;

/// <summary>What /proc tells of a .NET process, and where its port is.</summary>
public sealed class RuntimeTextTests
{
    [Fact]
    public void Environment_NamesHooksProfilersAndTheFolder()
    {
        var environment = Parse(
            "PATH=/bin", "TMPDIR=/scratch/", "DOTNET_STARTUP_HOOKS=/hooks/a.dll::Some.Assembly", "CORECLR_ENABLE_PROFILING=1", "CORECLR_PROFILER={1}",
            "CORECLR_PROFILER_PATH_64=/apm/p.so", "CORECLR_ENABLE_NOTIFICATION_PROFILERS=1", "CORECLR_NOTIFICATION_PROFILERS=/a.so={2};/b.so={3}", "SECRET=x");
        Assert.Equal("/scratch/", Encoding.UTF8.GetString(environment.TemporaryFolder));
        Assert.Equal(["DOTNET_STARTUP_HOOKS /hooks/a.dll", "DOTNET_STARTUP_HOOKS Some.Assembly"], Texts(environment.StartupHooks));
        Assert.Equal(["CORECLR_PROFILER_PATH_64 /apm/p.so", "CORECLR_NOTIFICATION_PROFILERS /a.so", "CORECLR_NOTIFICATION_PROFILERS /b.so"], Texts(environment.Profilers));
        Assert.False(environment.PortIsOff);
    }

    [Theory]
    [InlineData("DOTNET_EnableDiagnostics=0", true)]
    [InlineData("COMPlus_EnableDiagnostics=0", true)]
    [InlineData("DOTNET_EnableDiagnostics_IPC=0x0", true)]
    [InlineData("DOTNET_EnableDiagnostics=1", false)]
    [InlineData("DOTNET_EnableDiagnostics=", false)]
    [InlineData("EnableDiagnostics=0", false)]
    public void Environment_TellsWhetherThePortIsOff(string variable, bool isOff) => Assert.Equal(isOff, Parse(variable).PortIsOff);

    [Fact]
    public void Environment_ProfilerThatIsNotSwitchedOn_IsNone() => Assert.Empty(Parse("CORECLR_ENABLE_PROFILING=0", "CORECLR_PROFILER_PATH=/p.so").Profilers);

    [Fact]
    public void Environment_OfAnyBytes_IsBounded() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        var environment = RuntimeEnvironment.Parse([.. "DOTNET_STARTUP_HOOKS="u8, .. bytes]);
        return environment.StartupHooks.Count <= 32 && environment.TemporaryFolder.Length > 0;
    });

    [Fact]
    public void Maps_TellTheRuntimeAndItsAssemblies()
    {
        var maps = """
            55d0c0000000-55d0c0010000 r-xp 00000000 08:01 11 /app/shop
            7f2c10000000-7f2c10004000 r--p 00000000 08:01 12 /app/Shop.Web.dll
            7f2c10004000-7f2c10008000 r--p 00004000 08:01 12 /app/Shop.Web.dll
            7f2c10010000-7f2c10014000 r--p 00000000 08:01 13 /app/My Plug-in.DLL (deleted)
            7f2c10020000-7f2c10024000 r-xp 00000000 08:01 14 /usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.12/libcoreclr.so
            7f2c10030000-7f2c10034000 r--p 00000000 00:00 0
            7f2c10040000-7f2c10044000 r--p 00000000 08:01 15 /app/Shop.Web.dll
            7ffc10000000-7ffc10010000 rw-p 00000000 00:00 0                          [stack]

            """u8;
        Assert.True(RuntimeMaps.HasRuntime(maps));
        Assert.False(RuntimeMaps.HasRuntime("7f2c10000000-7f2c10004000 r--p 00000000 08:01 12 /app/Shop.Web.dll\n"u8));
        var known = new HashSet<ulong>();
        Assert.Equal(["/app/Shop.Web.dll", "/app/My Plug-in.DLL"], RuntimeMaps.NewAssemblies(maps, known, 10).Select(Encoding.UTF8.GetString));
        Assert.Empty(RuntimeMaps.NewAssemblies(maps, known, 10));
        Assert.Single(RuntimeMaps.NewAssemblies(maps, [], 1));
    }

    [Fact]
    public void Maps_OfAnyBytes_AreReadWithoutAFault() =>
        Gen.Byte.Array[0, 300].Sample(bytes => RuntimeMaps.NewAssemblies(bytes, [], 4).Count <= 4);

    [Fact]
    public void Clients_AreTheConnectionsUnderThePortsName()
    {
        const string Port = "/tmp/dotnet-diagnostic-17-3305970-socket";
        var sockets = $"""
            Num       RefCount Protocol Flags    Type St Inode Path
            00000000a36b1d47: 00000003 00000000 00000000 0001 03 3331959 {Port}
            00000000a36b1d48: 00000003 00000000 00000000 0001 02     0 {Port}
            00000000ea5fb6ae: 00000002 00000000 00010000 0001 01 3331940 {Port}
            00000000ea5fb6af: 00000002 00000000 00010000 0001 01    40 /run/other.sock
            00000000ea5fb6b0: 00000003 00000000 00000000 0001 03 3331999
            00000000ea5fb6b1: nonsense /tmp/dotnet-diagnostic-1-1-socket

            """;
        var clients = PortClients.Count(Encoding.UTF8.GetBytes(sockets));
        Assert.Equal([(Port, 2)], clients.Select(c => (c.Key, c.Value)));
        Assert.Equal(Port, PortClients.KeyOf(Encoding.UTF8.GetBytes(Port)));
    }

    [Fact]
    public void Clients_OfAnyBytes_AreReadWithoutAFault() =>
        Gen.Byte.Array[0, 200].Sample(bytes => PortClients.Count([.. bytes, .. "/dotnet-diagnostic-1-1-socket\n"u8]).Count <= 1);

    [Fact]
    public void Port_AmongHundredsOfDeadOnes_IsTheOneOfThisStart()
    {
        using var proc = new FakeProc();
        proc.Add(4711, 1, startTicks: 500, innermostPid: 17);
        var root = Directory.CreateDirectory(Path.Join(proc.Root, "root-of-container")).FullName;
        // The folder is reached by a link of the container, which must not lead out of it.
        Directory.CreateDirectory(Path.Join(root, "real/tmp"));
        File.CreateSymbolicLink(Path.Join(root, "tmp"), "/real/tmp");
        File.CreateSymbolicLink(Path.Join(proc.Root, "4711/root"), root);
        for (var dead = 0; dead < 300; dead++)
            File.WriteAllBytes(Path.Join(root, $"real/tmp/dotnet-diagnostic-17-{dead}-socket"), []);
        using var folder = ProcessFolder.Open(proc.Root, new(4711, 5_000_000_000))!;
        var environment = RuntimeEnvironment.Parse([]);
        Assert.Null(DiagnosticsPort.Find(folder, environment));

        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Join(root, "real/tmp/dotnet-diagnostic-17-500-socket")));
        listener.Listen();
        using var port = DiagnosticsPort.Find(folder, environment);
        Assert.Equal("/tmp/dotnet-diagnostic-17-500-socket", Encoding.UTF8.GetString(port!.Path));
    }

    [Fact]
    public async Task Port_ThatAnotherProcessHolds_IsToldByItsListener()
    {
        using var proc = new FakeProc();
        proc.Add(4711, 1, startTicks: 500, innermostPid: 17);
        var root = Directory.CreateDirectory(Path.Join(proc.Root, "r")).FullName;
        Directory.CreateDirectory(Path.Join(root, "tmp"));
        File.CreateSymbolicLink(Path.Join(proc.Root, "4711/root"), root);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Join(root, "tmp/dotnet-diagnostic-17-500-socket")));
        listener.Listen();
        using var folder = ProcessFolder.Open(proc.Root, new(4711, 5_000_000_000))!;
        using var port = DiagnosticsPort.Find(folder, RuntimeEnvironment.Parse([]))!;
        Assert.Equal((uint)Environment.ProcessId, await port.ListenerAsync(TestContext.Current.CancellationToken));

        // Whoever takes the name afterwards does not get the connection: the descriptor names the socket, not the path.
        listener.Dispose();
        File.Delete(Path.Join(root, "tmp/dotnet-diagnostic-17-500-socket"));
        using var thief = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        thief.Bind(new UnixDomainSocketEndPoint(Path.Join(root, "tmp/dotnet-diagnostic-17-500-socket")));
        thief.Listen();
        await Assert.ThrowsAnyAsync<SocketException>(() => port.ListenerAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Folder_OfAPidThatCameAgain_IsNone()
    {
        using var proc = new FakeProc();
        proc.Add(4711, 1, startTicks: 500);
        Assert.Null(ProcessFolder.Open(proc.Root, new(4711, 4_990_000_000)));
        Assert.Null(ProcessFolder.Open(proc.Root, new(4712, 5_000_000_000)));
    }

    private static RuntimeEnvironment Parse(params string[] variables) => RuntimeEnvironment.Parse(Encoding.UTF8.GetBytes(string.Concat(variables.Select(v => v + "\0"))));

    private static IEnumerable<string> Texts(List<LoaderVariable> variables) => variables.Select(v => $"{Encoding.UTF8.GetString(v.Name)} {Encoding.UTF8.GetString(v.Path)}");
}
