using System.Net;
using Grpc.Net.Client;
using Runtime.Collector.Tests.Hosting;
using Runtime.V1;
using Runtime.Tests;
using Xunit;

namespace Runtime.EndToEnd.Tests.Browsing;

/// <summary>A collector as an operator starts it, with its page on a port of its own, on a new folder.</summary>
internal sealed class WebProgram : IAsyncDisposable
{
    private readonly CollectorProcess _process;
    private readonly string _folder;

    private WebProgram(CollectorProcess process, string folder, string address)
    {
        (_process, _folder, Address) = (process, folder, address);
        Channel = process.Channel();
        Web = new V1.Web.WebClient(Channel);
        Query = new V1.Query.QueryClient(Channel);
    }

    /// <summary>"127.0.0.1:PORT".</summary>
    public string Address { get; }
    public GrpcChannel Channel { get; }
    public V1.Web.WebClient Web { get; }
    public V1.Query.QueryClient Query { get; }

    /// <summary>What the program wrote.</summary>
    public string Output => _process.Output;

    public static async Task<WebProgram> StartAsync(params string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("runtime-web-").FullName;
        var address = $"127.0.0.1:{FreePort.Find()}";
        return new(await CollectorProcess.StartAsync(folder, [$"--Web:Listen={address}", .. more]), folder, address);
    }

    public async Task<string> LinkAsync(string role = "") => (await Web.CreateLinkAsync(new() { Role = role }, cancellationToken: TestContext.Current.CancellationToken)).Url;

    /// <summary>Asks as a program does: nothing is followed, kept or added.</summary>
    public static HttpClient Http() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    /// <summary>A session's cookie, as a browser would send it.</summary>
    public async Task<string> CookieAsync(string role = "")
    {
        using var http = Http();
        using var answer = await http.GetAsync(new Uri(await LinkAsync(role)), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
