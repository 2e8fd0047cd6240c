using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

public sealed class SettingsTests(ShopFixture fixture)
{
    [Fact]
    public async Task Slider_ShowsWhatTheLastWeekWouldHaveBeen()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        var slider = page.GetByRole(AriaRole.Slider);

        // By the keyboard, from the least budget to the largest.
        await slider.PressAsync("Home");
        await Expect(page.Locator(".slider")).ToContainTextAsync("0.001 false alerts");
        var few = await PagesAsync();
        await slider.PressAsync("End");
        await Expect(page.Locator(".slider")).ToContainTextAsync("1 false alerts");
        await Expect(page.Locator(".snippet")).ToHaveTextAsync("\"Baselines\": { \"AlertBudget\": 1 }");
        Assert.InRange(await PagesAsync(), few, int.MaxValue);
        Assert.True(few > 0, "the break-in pages by facts whatever the budget");

        // Of some deployments: what to write names them.
        await page.GetByLabel("Deployments").FillAsync("shop/api");
        await page.GetByLabel("Deployments").PressAsync("Enter");
        await Expect(page.Locator(".snippet")).ToHaveTextAsync("\"Baselines\": { \"Budgets\": [ { \"Namespace\": \"shop\", \"Deployment\": \"api\", \"FalseAlertsPerDay\": 1 } ] }");
        await page.GetByLabel("Deployments").FillAsync("nowhere/at-all");
        await page.GetByLabel("Deployments").PressAsync("Enter");
        await Expect(page.Locator(".empty").First).ToHaveTextAsync("No deployment fits.");

        async Task<int> PagesAsync() => int.Parse((await page.Locator("section[aria-labelledby=budget] p[role=status] b").InnerTextAsync()).Split(' ')[0]);
    }

    [Fact]
    public async Task BudgetsInForce_AreListedWithTheirSetting()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/settings");
        var rows = visit.Page.GetByRole(AriaRole.Region, new() { Name = "As it is set" }).Locator("tbody > tr");
        await Expect(rows.First).ToContainTextAsync("Baselines:AlertBudget");
    }
}
