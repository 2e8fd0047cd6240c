using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class SiloTests
{
    [Fact]
    public async Task Silo_Alone_ListensOnNoPort()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-silo-").FullName;
        using var child = Child.Start("sockets", folder);
        var output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal("control 1\nlearnt\nlisteners 0\n", output);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A process of its own: other tests of this program open ports.</summary>
    internal static async Task TellListenersAsync(string folder)
    {
        using (var control = new global::System.Net.Sockets.TcpListener(global::System.Net.IPAddress.Loopback, 0))
        {
            control.Start();
            Console.WriteLine($"control {Listeners()}");
        }

        await using var host = await CollectorHost.StartAsync(folder);
        await host.AddAsync(1, Sample.Exec());
        Console.WriteLine(await host.Scopes.GetBaselineAsync(Sample.Web.Id, CancellationToken.None) is null ? "nothing" : "learnt");
        Console.WriteLine($"listeners {Listeners()}");
    }

    // /proc/self/net/tcp:   0: 0100007F:2B67 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 …
    // field 3 = state (0A listens), field 9 = inode; /proc/self/fd/N -> socket:[12345]
    private static int Listeners()
    {
        var own = Directory.EnumerateFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget).ToHashSet();
        return new[] { "/proc/self/net/tcp", "/proc/self/net/tcp6" }
            .SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[3] == "0A" && own.Contains($"socket:[{fields[9]}]"));
    }
}
