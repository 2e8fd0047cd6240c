using System.Diagnostics;
using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Runtime.V1;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

/// <summary>The page of a collector that knows many deployments. Figures are shown with -diagnostics.</summary>
public sealed class ScaleTests(ShopFixture fixture)
{
    private const int Deployments = 10_000;
    private const int BatchOf = 500;

    /// <summary>Of a machine that does much else; alone it is far less.</summary>
    private static readonly TimeSpan _paintLimit = TimeSpan.FromSeconds(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FirstPaint_OfTenThousandDeployments_IsFastAndTheListDrawsOnlyWhatIsInSight()
    {
        await using var program = await WebProgram.StartAsync();
        var watch = Stopwatch.StartNew();
        await FillAsync(program);
        await ShopFixture.UntilAsync(async () => (await program.Query.GetStatusAsync(new())) is { Deployments: >= Deployments, EventsWaiting: 0 });
        Tell($"{Deployments} deployments taken in after {watch.Elapsed.TotalSeconds:0.0} s");

        await using var visit = await fixture.VisitAsync(program);
        foreach (var path in new[] { "/", "/deployments", "/", "/deployments", "/agents" })
        {
            await visit.GoAsync(path);
            var paint = TimeSpan.FromMilliseconds(await visit.Page.EvaluateAsync<double>("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            var live = await visit.Page.EvaluateAsync<double>("() => performance.now()");
            Tell($"{path}: first paint after {paint.TotalMilliseconds:0} ms, live after at most {live:0} ms");
            Assert.True(paint < _paintLimit, $"{path}: first paint after {paint.TotalMilliseconds:0} ms");
        }

        watch.Restart();
        await visit.GoAsync("/");
        await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Still learning" })).ToContainTextAsync("10,000 of 10,000 deployments", new() { Timeout = 60_000 });
        Tell($"all counted after {watch.Elapsed.TotalSeconds:0.0} s more");

        await visit.GoAsync("/deployments");
        await Expect(visit.Page.Locator("main [role=status]").First).ToContainTextAsync("The first 100 of 10,000");
        var rows = visit.Page.Locator(".scroll tbody tr:has(a)");
        await Expect(rows.First).ToBeVisibleAsync();
        Assert.InRange(await rows.CountAsync(), 10, 80);
        await visit.Page.Locator(".scroll").EvaluateAsync("list => { list.scrollTop = list.scrollHeight; }");
        await Expect(visit.Page.Locator("main [role=status]").First).ToContainTextAsync("The first 200 of 10,000");
        await Expect(rows.First).ToBeVisibleAsync();
        Assert.InRange(await rows.CountAsync(), 10, 80);
        watch.Restart();
        await visit.Page.GetByLabel("Part of the name").FillAsync("team-7/Deployment/service-4207");
        await Expect(rows).ToHaveCountAsync(1);
        Tell($"one of them found after {watch.Elapsed.TotalMilliseconds:0} ms");
    }

    private static async Task FillAsync(WebProgram program)
    {
        using var agent = await AgentStream.OpenAsync(program.Channel, "node-1");
        var started = DateTimeOffset.UtcNow.AddMinutes(-30);
        for (var first = 0; first < Deployments; first += BatchOf)
        {
            var rows = new RowBatch(started);
            for (var number = first; number < first + BatchOf; number++)
            {
                var replica = new Replica($"team-{number % 40}", $"service-{number}", 1, "registry.example.com/service:1", "a", started);
                var container = rows.Container(replica);
                var server = rows.Process(container, 1000 + (uint)number, 0, ["server", "--port", "80"], "/app/server", ProcessFlag.NetworkFacing);
                rows.Exec(server);
                rows.Listen(server, 80);
                rows.Connect(server, "10.9.8.7", 5432, 1);
            }

            await agent.SendAsync(rows);
        }
    }

    private static void Tell(string words) => TestContext.Current.SendDiagnosticMessage("{0}", words);
}
