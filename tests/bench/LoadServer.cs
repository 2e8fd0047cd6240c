using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>The server that loads talk to.</summary>
internal static class LoadServer
{
    /// <summary>Answers once it listens; a port that is taken is found here, and not in the middle of a load.</summary>
    public static async Task<ServiceProcess> StartAsync(string load, string port, CancellationToken cancellationToken)
    {
        var server = ServiceProcess.Start(load, "serve", port);
        try
        {
            await CollectorClient.UntilAsync(
                () => Task.FromResult(server.Output), output => output == "ready", TimeSpan.FromSeconds(10), $"a server listens on 127.0.0.1:{port}").WaitAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
