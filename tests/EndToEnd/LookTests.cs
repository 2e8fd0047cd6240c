using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Xunit;

namespace Runtime.EndToEnd.Tests;

/// <summary>
/// Every page in both themes and at a phone's width: nobody is shut out by colour, structure or size. The pictures are kept in the folder that
/// RUNTIME_SCREENSHOTS names, or in "screenshots" beside the test program.
/// </summary>
public sealed class LookTests(ShopFixture fixture)
{
    private static readonly string _folder = Environment.GetEnvironmentVariable("RUNTIME_SCREENSHOTS") ?? Path.Combine(AppContext.BaseDirectory, "screenshots");

    [Theory]
    [InlineData(ColorScheme.Light, false)]
    [InlineData(ColorScheme.Dark, false)]
    [InlineData(ColorScheme.Light, true)]
    [InlineData(ColorScheme.Dark, true)]
    public async Task EveryPage_IsAccessibleAndFits(ColorScheme scheme, bool isPhone)
    {
        var incident = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync("analyst", scheme, isPhone);
        var name = $"{(scheme == ColorScheme.Light ? "light" : "dark")}-{(isPhone ? "phone" : "wide")}";
        List<string> faults = [];
        foreach (var (page, path) in new[]
        {
            ("now", "/"), ("incidents", "/incidents"), ("incident", "/incidents/" + incident.Id), ("deployments", "/deployments"),
            ("deployment", "/deployment?scope=" + Uri.EscapeDataString(Shop.Scope)), ("agents", "/agents"), ("digest", "/digest"), ("images", "/images"), ("alerts", "/alerts"), ("settings", "/settings"),
            ("search", "/search?q=" + Uri.EscapeDataString("deployment:shop/web new:true")), ("search-empty", "/search"), ("search-faults", "/search?q=bynary:x+since:yesterday"), ("missing", "/incidents/ffffffff"),
        })
        {
            await visit.GoAsync(path);
            await LookAsync(page);
            if (page == "incident")
            {
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Close …" }).ClickAsync();
                await visit.Page.Locator(".timeline summary").First.ClickAsync();
                await LookAsync("incident-closing");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));

        async Task LookAsync(string what)
        {
            // What is counted in the background comes a moment later.
            await visit.Page.WaitForFunctionAsync("() => !document.body.innerText.includes('Counting')");
            await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(_folder, $"{what}-{name}.png"), FullPage = true });
            faults.AddRange((await visit.AccessibilityAsync()).Select(fault => $"{what}, {name}: {fault}"));
            var over = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (over > 0)
            {
                faults.Add($"{what}, {name}: {over} pixels wider than the window");
            }
        }
    }

    [Fact]
    public async Task WayIn_WithoutSession_IsAccessible()
    {
        await using var visit = await fixture.VisitAsync();
        visit.Expects("401");
        await visit.Page.Context.ClearCookiesAsync();
        await visit.Page.GotoAsync(visit.Origin + "/");
        await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(_folder, "way-in.png") });
        Assert.Empty(await visit.AccessibilityAsync());
    }
}
