using Runtime.Pods;

namespace Runtime.Demo;

/// <summary>Two pods in the namespace "shop": a web server with an order form, and a client that uses it all the time.</summary>
/// <remarks>Beside the web server, at the pod's loopback, listens what the stand-in miner will talk to: a program of ours that answers and does nothing.</remarks>
internal sealed class Shop
{
    public const string Namespace = "shop";
    public const string Deployment = "web";
    public const string Server = "server";
    public const string PoolPort = "3333";

    private const string Miner = "/usr/bin/pool";

    private readonly Pod _web;
    private readonly ContainerSpec _serverSpec;
    private readonly RunningContainer _pool;
    private RunningContainer _server;

    private Shop(ContainerdNode node, Pod web, ContainerSpec serverSpec, RunningContainer server, RunningContainer pool)
    {
        Node = node;
        _web = web;
        _serverSpec = serverSpec;
        _server = server;
        _pool = pool;
    }

    public ContainerdNode Node { get; }

    public Uri Address => new($"http://{_web.Ip}/");

    /// <summary>Images that the node must have.</summary>
    public static async Task<(OciImage Web, OciImage Customer, OciImage Pool)> ImagesAsync(byte[] miner)
    {
        var busybox = await Images.BusyboxAsync();
        var web = await Images.WebAsync(
            busybox,
            ImageEntry.File("/srv/www/index.html", Resource("index.html")),
            ImageEntry.File("/srv/www/style.css", Resource("style.css")),
            ImageEntry.Program("/srv/www/cgi-bin/order", global::System.Text.Encoding.UTF8.GetBytes(Resource("order"))),
            ImageEntry.Folder("/srv/orders", Images.AppUser));
        var customer = busybox.With("localhost/customer", "1.0", ImageEntry.Program("/srv/customer", global::System.Text.Encoding.UTF8.GetBytes(Resource("customer"))));
        var pool = new OciImage("localhost/pool", "1.0", [[ImageEntry.Folder("/usr"), ImageEntry.Folder("/usr/bin"), ImageEntry.Program(Miner, miner)]]);
        return (web, customer, pool);
    }

    /// <param name="life">The pool's: it ends by itself, should nobody end it.</param>
    public static async Task<Shop> OpenAsync(ContainerdNode node, (OciImage Web, OciImage Customer, OciImage Pool) images, TimeSpan life, CancellationToken cancellationToken)
    {
        var web = await node.RunAsync(PodSpec.OfDeployment(Deployment, Namespace), cancellationToken);
        var pool = await web.StartAsync(new ContainerSpec { Name = "pool", Image = images.Pool.Reference, Command = [Miner, "--pool", PoolPort, $"{life.TotalSeconds:0}"] }, cancellationToken);
        var serverSpec = new ContainerSpec { Name = Server, Image = images.Web.Reference };
        var server = await web.StartAsync(serverSpec, cancellationToken);
        var client = await node.RunAsync(PodSpec.OfDeployment("client", Namespace), cancellationToken);
        await client.StartAsync(
            new ContainerSpec
            {
                Name = "customer",
                Image = images.Customer.Reference,
                Command = ["/srv/customer"],
                Environment = new Dictionary<string, string> { ["SHOP"] = $"http://{web.Ip}" },
                User = Images.AppUser,
            },
            cancellationToken);
        return new Shop(node, web, serverSpec, server, pool);
    }

    /// <summary>What a kubelet does after a failed probe. What a container does when it starts is known when it was seen twice.</summary>
    public async Task RestartServerAsync(CancellationToken cancellationToken)
    {
        await _server.StopAsync(TimeSpan.FromSeconds(1), cancellationToken);
        await _server.RemoveAsync(cancellationToken);
        _server = await _web.StartAsync(_serverSpec, cancellationToken);
    }

    /// <summary>When a miner's main() began, wall clock, as it told the pool; awaits it.</summary>
    public async Task<DateTimeOffset> LoginAsync(CancellationToken cancellationToken)
    {
        // The runtime writes the pool's output to a file and tells nobody: looking again is the only way. It is off the measured road.
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            // 2026-11-23T05:58:23.000000001Z stdout F login 1763876513000000000
            foreach (var line in await File.ReadAllLinesAsync(_pool.LogPath, cancellationToken))
            {
                if (line.Split(' ') is [_, _, _, "login", var nanoseconds])
                {
                    return DateTimeOffset.UnixEpoch.AddTicks(long.Parse(nanoseconds, global::System.Globalization.CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);
                }
            }

            await pause.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Shop).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
