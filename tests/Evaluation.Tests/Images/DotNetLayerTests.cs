using System.Diagnostics;
using System.Formats.Tar;
using Runtime.Evaluation.Images;

namespace Runtime.Evaluation.Tests.Images;

public sealed class DotNetLayerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dotnet-layer").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 120_000)]
    public async Task Layer_RunsTheImagesApplication()
    {
        var (cancelled, tar) = (TestContext.Current.CancellationToken, Path.Combine(_folder, "layer.tar"));
        DotNetLayer.Write(tar);
        await TarFile.ExtractToDirectoryAsync(tar, Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName, overwriteFiles: false, cancelled);
        var shop = Path.Combine(_folder, "shop");
        var start = new ProcessStartInfo(
            Path.Combine(_folder, "root/usr/share/dotnet/dotnet"),
            [Path.Combine(ImageStore.Sources, "dotnet/opt/app/web-sample.dll"), "--urls=http://127.0.0.1:0", "--Shop:Folder=" + shop, "--Shop:History=history"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = await AddressAsync(process, cancelled) };
            Assert.Equal("{\"visits\":1}", await client.GetStringAsync("/", cancelled));
            (await client.PostAsync("/", new StringContent("two shoes"), cancelled)).EnsureSuccessStatusCode();
            Assert.Contains("<Bytes>9</Bytes>", await client.GetStringAsync("/orders.xml", cancelled), StringComparison.Ordinal);
            Assert.Equal("2", await client.GetStringAsync("/search?for=shoes", cancelled));
            var plugin = await client.PostAsync("/plugins", new ByteArrayContent(await File.ReadAllBytesAsync(typeof(DotNetLayerTests).Assembly.Location, cancelled)), cancelled);
            Assert.Equal("Runtime.Evaluation.Tests", await plugin.Content.ReadAsStringAsync(cancelled));

            Assert.Equal("5", await File.ReadAllTextAsync(Path.Combine(shop, "visits"), cancelled));
            Assert.Equal("/\n/\n/orders.xml\n/search\n/plugins\n", await File.ReadAllTextAsync(Path.Combine(shop, "history"), cancelled));
            // Its own .NET, and not the one of these tests.
            Assert.Contains(Path.Combine(_folder, "root/usr/share/dotnet/shared/Microsoft.AspNetCore.App"), await File.ReadAllTextAsync($"/proc/{process.Id}/maps", cancelled), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    // "      Now listening on: http://127.0.0.1:40123"
    private static async Task<Uri> AddressAsync(Process process, CancellationToken cancelled)
    {
        while (await process.StandardOutput.ReadLineAsync(cancelled) is { } line)
        {
            if (line.Split("Now listening on: ") is [_, var address])
                return new Uri(address);
        }

        throw new InvalidOperationException("the application ended before it listened");
    }
}
