using System.Globalization;

namespace Runtime.Deploy.Tests.Images;

/// <summary>A network of its own with nothing but loopback: the ports of the manifests are free in it, and nothing leaves it.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"runtime-deploy-{Environment.ProcessId}");

    public string Path => "/run/netns/" + _name;

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var created = new NetworkNamespace();
        await Ip("netns", "add", created._name);
        await Ip("-n", created._name, "link", "set", "lo", "up");
        return created;
    }

    public async ValueTask DisposeAsync() => await Ip("netns", "delete", _name);

    private static async Task Ip(params string[] arguments) => (await Tool.RunAsync("ip", arguments, TimeSpan.FromSeconds(10), CancellationToken.None)).Expect(0);
}
