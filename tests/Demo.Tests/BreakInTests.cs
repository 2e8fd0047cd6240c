using System.Globalization;
using Runtime.Pods;

namespace Runtime.Demo.Tests;

/// <summary>The demo's own half on real pods: what the collector is to notice does happen.</summary>
public sealed class BreakInTests
{
    [Fact(Timeout = 120_000)]
    public async Task Request_WithTheFlaw_HasTheWebServerStartTheMiner()
    {
        var cancelled = TestContext.Current.CancellationToken;
        Assert.SkipWhen(ContainerdNode.Obstacle() is not null, ContainerdNode.Obstacle() ?? "");
        var miner = await CompileAsync(cancelled);
        var images = await Shop.ImagesAsync(miner);
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), images.Web, images.Customer, images.Pool);
        var shop = await Shop.OpenAsync(node, images, TimeSpan.FromMinutes(2), cancelled);
        await OrderAsync(node, shop, cancelled);
        await shop.RestartServerAsync(cancelled);
        await OrderAsync(node, shop, cancelled);

        var before = DateTimeOffset.UtcNow;
        await BreakIn.SendAsync(node, shop.Address, miner, cancelled);
        var began = await shop.LoginAsync(cancelled);

        Assert.InRange(began, before, DateTimeOffset.UtcNow);
        // "/tmp/.cache-update" is its path inside the container's root.
        var pid = Assert.Single(ProcessesOf(BreakIn.Dropped));
        var cgroup = await File.ReadAllTextAsync($"/proc/{pid}/cgroup", cancelled);
        var server = (await node.Cri.ListContainersAsync(cancelled)).Single(one => one.Metadata.Name == Shop.Server);
        Assert.Contains(server.Id, cgroup, StringComparison.Ordinal);
    }

    private static async Task OrderAsync(ContainerdNode node, Shop shop, CancellationToken cancelled)
    {
        using var client = node.CreateHttpClient();
        using var body = new StringContent("one of each");
        using var answer = await client.PostAsync(new Uri(shop.Address, "/cgi-bin/order?number=1"), body, cancelled);
        Assert.Equal("ordered\n", await answer.Content.ReadAsStringAsync(cancelled));
    }

    private static IEnumerable<int> ProcessesOf(string program) => Directory.EnumerateDirectories("/proc")
        .Where(path => int.TryParse(Path.GetFileName(path), out _))
        .Where(path => LinkOf(path + "/exe") == program)
        .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));

    // A kernel thread, or one that has ended.
    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<byte[]> CompileAsync(CancellationToken cancelled)
    {
        var folder = Directory.CreateTempSubdirectory("demo-");
        try
        {
            var program = Path.Combine(folder.FullName, "miner");
            await Command.RunAsync("clang", "-O2", "-static", "-s", "-o", program, Path.Combine(AppContext.BaseDirectory, "miner.c"));
            return await File.ReadAllBytesAsync(program, cancelled);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
