using System.Net;
using Runtime.Collector.Tests.Hosting;
using Runtime.Tests;
using Xunit;

namespace Runtime.Cli.Tests;

public sealed class WebCommandTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Web_WhereThePageIsOff_SaysWhatToSet()
    {
        await using var collector = await TestCollector.StartAsync();
        var run = await CliRun.OfAsync(collector, "web");
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("set Web:Listen to an address of this machine, such as 127.0.0.1:7380", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("web", "admin")]
    [InlineData("web --role viewer", "viewer")]
    public async Task Web_PrintsTheLinkAloneAndSaysBesideWhatItIs(string command, string role)
    {
        var page = $"127.0.0.1:{FreePort.Find()}";
        await using var collector = await TestCollector.StartAsync(page: page);
        var run = await CliRun.OfAsync(collector, command);
        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Matches($"^http://{page}/enter\\?link=[0-9a-f]{{64}}$", Assert.Single(run.Lines));
        Assert.Contains($"Opens the page as {role}, once", run.Error, StringComparison.Ordinal);

        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await http.GetAsync(new Uri(run.Lines[0]), Stop);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("Ended 1 session.", Assert.Single((await CliRun.OfAsync(collector, "web end")).Lines));
    }

    [Fact]
    public async Task Web_WithARoleThatIsNone_IsAWrongCommandLine() =>
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(["web", "--role", "king"])).ExitCode);
}
