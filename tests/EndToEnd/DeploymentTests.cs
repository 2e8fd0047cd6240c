using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

public sealed class DeploymentTests(ShopFixture fixture)
{
    [Fact]
    public async Task Deployments_Searched_LeadToOne()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/deployments");
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "shop/api (app)" })).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("tr:has-text('shop/web (app)') .bad")).Not.ToHaveTextAsync("0");
        await Expect(visit.Page.Locator("tr:has-text('shop/api (app)') .bad")).ToHaveCountAsync(0);
        await visit.Page.GetByLabel("Part of the name").FillAsync("shop/Deployment/web");
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "shop/api (app)" })).ToHaveCountAsync(0);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "shop/web (app)" }).ClickAsync();
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("shop/web (app)");
        await visit.GoAsync("/deployments");
        await visit.Page.GetByLabel("Part of the name").FillAsync("nothing is called so");
        await Expect(visit.Page.Locator(".empty")).ToHaveTextAsync("No deployment's name holds that.");
    }

    [Fact]
    public async Task Deployment_OfFourDays_IsShownWithStatesCurvesPeersRolloutsAndItems()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/deployment?scope=" + Uri.EscapeDataString(Shop.Scope));
        var page = visit.Page;
        var process = page.GetByRole(AriaRole.Region, new() { Name = "process", Exact = true });
        await Expect(process).ToContainTextAsync("locked");
        await Expect(process.Locator("svg.curve")).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("items known, .* expected by tomorrow"));
        Assert.StartsWith("0,76 ", await process.Locator("polyline.known").GetAttributeAsync("points"));

        var peers = page.GetByRole(AriaRole.Region, new() { Name = "Who it speaks to" });
        await Expect(peers.Locator("text.program").First).ToContainTextAsync("/usr/sbin/nginx");
        await Expect(peers.Locator("text.host", new() { HasText = "5432" })).ToHaveCountAsync(1);
        await Expect(peers.Locator("path.peer")).Not.ToHaveCountAsync(0);

        var rollouts = page.GetByRole(AriaRole.Region, new() { Name = "Images and rollouts" });
        await Expect(rollouts.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(rollouts).ToContainTextAsync("docker.io/library/nginx:1.27");

        await page.GetByLabel("Kind").SelectOptionAsync("listen");
        await Expect(page.Locator(".items tbody")).ToContainTextAsync("/usr/sbin/nginx|80|tcp|any");
    }

    [Fact]
    public async Task Template_Undone_BringsItsNamesBack()
    {
        await using var visit = await fixture.VisitAsync("analyst");
        await visit.GoAsync("/deployment?scope=" + Uri.EscapeDataString(Shop.Scope));
        var page = visit.Page;
        var templates = page.GetByRole(AriaRole.Region, new() { Name = "Names taken as one" });
        await Expect(templates).ToContainTextAsync("/srv/up/%{letters 14}.jpg");
        await Expect(templates).ToContainTextAsync("such as");
        await templates.GetByRole(AriaRole.Button, new() { Name = "Undo /usr/sbin/nginx|create|/srv/up/" }).ClickAsync();
        await templates.GetByRole(AriaRole.Textbox, new() { Name = "Why" }).FillAsync("look at each");
        await templates.GetByRole(AriaRole.Button, new() { Name = "Bring the names back" }).ClickAsync();
        await Expect(page.Locator("[role=status]", new() { HasText = "The names are back" })).ToBeVisibleAsync();
        await page.GetByLabel("Part of the item").FillAsync("/srv/up/");
        await Expect(page.Locator(".items tbody tr code").First).ToContainTextAsync(".jpg");
        await Expect(page.Locator(".items tbody")).Not.ToContainTextAsync("%{letters");
    }
}
