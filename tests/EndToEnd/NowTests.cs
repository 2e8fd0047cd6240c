using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

public sealed class NowTests(ShopFixture fixture)
{
    [Fact]
    public async Task Now_AfterABreakIn_TellsOfItsSeverityTheBudgetTheBlindAndTheYoung()
    {
        var breakIn = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync();
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Now", Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator(".tile.severity-critical b")).Not.ToHaveTextAsync("0");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Open incidents" }).Locator($"a[href='/incidents/{breakIn.Id}']")).ToBeVisibleAsync();

        var budget = page.GetByRole(AriaRole.Region, new() { Name = "Alert budget" });
        await Expect(budget).ToContainTextAsync("in the last 24 hours; the budget is");
        await Expect(budget).ToContainTextAsync("deployments");
        var sight = page.GetByRole(AriaRole.Region, new() { Name = "Sight" });
        await Expect(sight).ToContainTextAsync("node-2 does not see calls through io_uring");
        await Expect(sight).ToContainTextAsync("node-3");
        var learning = page.GetByRole(AriaRole.Region, new() { Name = "Still learning" });
        await Expect(learning).ToContainTextAsync("shop/api");
        await Expect(learning).ToContainTextAsync("covered hours, has");
    }

    [Fact]
    public async Task Now_Open_ShowsANewIncidentWithoutReload()
    {
        await using var visit = await fixture.VisitAsync();
        await visit.Page.EvaluateAsync("() => { window.notReloaded = true; }");
        var incident = await fixture.NewIncidentAsync("live-tool");
        await Expect(visit.Page.Locator($"a[href='/incidents/{incident.Id}']").First).ToBeVisibleAsync();
        Assert.True(await visit.Page.EvaluateAsync<bool>("() => window.notReloaded === true"));
    }

    [Fact]
    public async Task Keyboard_FromTheTop_ReachesAnIncident()
    {
        await using var visit = await fixture.VisitAsync();
        var page = visit.Page;
        await page.Locator(".skip").FocusAsync();
        await Expect(page.Locator(".skip")).ToBeInViewportAsync();
        for (var i = 0; i < 40 && !await page.EvaluateAsync<bool>("() => (document.activeElement.getAttribute('href') ?? '').startsWith('/incidents/')"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Why it is odd" })).ToBeVisibleAsync();
        await Expect(page.Locator("h1")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Agents_WithABlindNode_TellsWhatItDoesNotSee()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Agents" }).ClickAsync();
        var node = visit.Page.GetByRole(AriaRole.Region, new() { Name = "node-2" });
        await Expect(node).ToContainTextAsync("Does not see calls through io_uring");
        await Expect(node).ToContainTextAsync("eBPF");
        await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "node-3" })).ToContainTextAsync("away");
    }

    [Fact]
    public async Task Digest_OfWhatDidNotAlert_LeadsToTheIncident()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Digest" }).ClickAsync();
        var cluster = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Cluster prod" });
        await cluster.GetByRole(AriaRole.Row, new() { Name = "shop/front" }).GetByRole(AriaRole.Link, new() { Name = "runs an image that it never ran" }).ClickAsync();
        await Expect(visit.Page.Locator("h1")).ToContainTextAsync("runs an image that it never ran");
        await Expect(visit.Page.Locator(".story")).ToContainTextAsync("people were not told");
    }

    [Fact]
    public async Task Incidents_Filtered_ShowWhatFitsAndSayWhenNothingDoes()
    {
        var breakIn = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync();
        await visit.GoAsync("/incidents");
        await Expect(visit.Page.Locator($"a[href='/incidents/{breakIn.Id}']")).ToBeVisibleAsync();
        await visit.Page.GetByLabel("Words in the title").FillAsync("nothing is called so");
        await Expect(visit.Page.Locator(".empty")).ToContainTextAsync("No incident fits");
        await visit.Page.GetByLabel("Words in the title").FillAsync("");
        await visit.Page.GetByLabel("At least").SelectOptionAsync("critical");
        await Expect(visit.Page.Locator("td .severity-medium")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task UnknownPages_SaySo()
    {
        await using var visit = await fixture.VisitAsync();
        await visit.GoAsync("/incidents/ffffffffffff");
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("No such incident");
        await visit.GoAsync("/deployment?scope=no-such");
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("No such deployment");
        visit.Expects("404");
        await visit.GoAsync("/no-such-page");
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("No such page");
    }
}
