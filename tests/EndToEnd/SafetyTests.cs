using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

/// <summary>Text of containers is text, and a session ends when it must.</summary>
public sealed class SafetyTests(ShopFixture fixture)
{
    [Fact]
    public async Task TextOfContainers_OnEveryPage_IsOnlyText()
    {
        var incident = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync();
        var scope = Uri.EscapeDataString(Shop.Scope);
        var seen = "";
        foreach (var path in new[] { "/", "/incidents", "/incidents/" + incident.Id, "/deployments", "/deployment?scope=" + scope, "/agents", "/digest" })
        {
            await visit.GoAsync(path);
            await Expect(visit.Page.Locator("h1")).Not.ToBeEmptyAsync();
            foreach (var summary in await visit.Page.Locator("summary").AllAsync())
            {
                await summary.ClickAsync();
            }

            Assert.Null(await visit.Page.EvaluateAsync<int?>("() => window.owned ?? null"));
            Assert.Equal(0, await visit.Page.Locator("main script, main img, main iframe, main [onload], main [onerror]").CountAsync());
            seen += await visit.Page.Locator("main").InnerTextAsync();
        }

        // It was there, as text, and what would reverse a line is spelt out.
        Assert.Contains(Shop.Hostile, seen);
        Assert.Contains("window.owned=2", seen);
        Assert.Contains("\\u{202E}", seen);
        Assert.DoesNotContain("\u202E", seen);
    }

    [Fact]
    public async Task Session_EndedByAnAdmin_ShowsNothingMore()
    {
        // A program of its own: the others' sessions would end too.
        await using var program = await WebProgram.StartAsync();
        await using var visit = await fixture.VisitAsync(program);
        visit.Expects("401");
        Assert.Equal(1u, (await program.Web.EndSessionsAsync(new(), cancellationToken: TestContext.Current.CancellationToken)).Sessions);
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Not signed in");
    }

    [Fact]
    public async Task SignOut_ByItsButton_EndsTheSession()
    {
        await using var visit = await fixture.VisitAsync();
        visit.Expects("401");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Not signed in");
        await visit.Page.GotoAsync(visit.Origin + "/agents");
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Not signed in");
    }

    [Fact]
    public async Task Page_InAFrame_IsNotShown()
    {
        await using var visit = await fixture.VisitAsync();
        visit.Expects("frame");

        // Of the same site, so that the browser sends the cookie along: only the answer's headers keep it out.
        await visit.Page.RouteAsync("**/framing", route => route.FulfillAsync(new() { ContentType = "text/html", Body = $"<iframe src='{visit.Origin}/'></iframe>" }));
        var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        visit.Page.FrameNavigated += (_, frame) =>
        {
            if (frame.Url.StartsWith("chrome-error:", StringComparison.Ordinal))
            {
                refused.TrySetResult();
            }
        };
        await visit.Page.GotoAsync(visit.Origin + "/framing");
        await refused.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.All(visit.Page.Frames, frame => Assert.DoesNotContain(visit.Origin + "/#", frame.Url + "#"));
    }
}
