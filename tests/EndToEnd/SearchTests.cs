using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

public sealed class SearchTests(ShopFixture fixture)
{
    [Fact]
    public async Task Search_ByFields_FindsRecordsAndLeadsToTheIncident()
    {
        var incident = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync("viewer");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Search" }).ClickAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("type:incident deployment:shop/web severity:>=medium");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(page.Locator("main [role=status]")).ToContainTextAsync("in incidents, as of");
        await page.Locator($"a[href='/incidents/{incident.Id}']").ClickAsync();
        await Expect(page.Locator(".story")).ToContainTextAsync("shop/web (app)");
    }

    [Fact]
    public async Task Search_OfEvents_ShowsEachWithItsLineageAndGoesOnPageByPage()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        var page = visit.Page;
        await visit.GoAsync("/search?q=" + Uri.EscapeDataString("type:event kind:file deployment:shop/web"));
        var rows = page.Locator("table:has(caption:text-is('What was found, the newest first')) > tbody > tr");
        await Expect(rows).ToHaveCountAsync(100);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(200);
        await rows.First.Locator("summary").ClickAsync();
        await Expect(rows.First.GetByRole(AriaRole.List, new() { Name = "The process and its ancestors" })).ToContainTextAsync("/usr/sbin/nginx");
    }

    [Fact]
    public async Task Search_WithFaults_MarksEachInItsPlace()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        var page = visit.Page;
        await visit.GoAsync("/search?q=" + Uri.EscapeDataString("bynary:/tmp/* since:yesterday"));
        await Expect(page.Locator("#query-faults mark")).ToHaveTextAsync(["bynary", "yesterday"]);
        await Expect(page.Locator("#query-faults li").First).ToContainTextAsync("did you mean \"binary\"?");

        // Mended, it is asked.
        await page.GetByRole(AriaRole.Searchbox).FillAsync("binary:/nowhere/*");
        await page.GetByRole(AriaRole.Searchbox).PressAsync("Enter");
        await Expect(page.Locator(".empty")).ToContainTextAsync("Nothing found in events, deviations");
        await Expect(page.Locator("#query-faults mark")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Search_ForWhatTheAttackerNamed_ShowsItAsText()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        var page = visit.Page;
        await visit.GoAsync("/search?q=" + Uri.EscapeDataString("\"window.owned\""));
        await Expect(page.Locator("main [role=status]")).ToContainTextAsync("as of");
        await Expect(page.Locator("main")).ToContainTextAsync("<script>window.owned=2</script>");
        Assert.True(await page.EvaluateAsync<bool>("() => window.owned === undefined"));
    }

    [Fact]
    public async Task Images_ByPart_SayWhereTheyRun()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Images" }).ClickAsync();
        await page.GetByLabel("Part of the reference").FillAsync("registry.example.com/api");
        var row = page.Locator("table tbody > tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row.GetByRole(AriaRole.Link, new() { Name = "shop/api (app)" })).ToBeVisibleAsync();
        await Expect(row).ToContainTextAsync("node-2");
        await page.GetByLabel("Part of the reference").FillAsync("no such image");
        await Expect(page.Locator(".empty")).ToContainTextAsync("No image fits");
    }

    [Fact]
    public async Task Incident_SaysWhereElseItsProgramsWere()
    {
        var incident = await fixture.NewIncidentAsync("elsewhere-one", "same-tool");
        await fixture.NewIncidentAsync("elsewhere-two", "same-tool");
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/incidents/" + incident.Id);
        var panel = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Where else" });
        await Expect(panel.Locator("li:has(code:text-is('/memfd:same-tool'))")).ToContainTextAsync("in 2 of");
        await panel.GetByRole(AriaRole.Link, new() { Name = "tools/elsewhere-two (app)" }).ClickAsync();
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("tools/elsewhere-two (app)");

        await visit.GoAsync("/incidents/" + (await fixture.NewIncidentAsync("elsewhere-three")).Id);
        await Expect(panel.Locator("li:has(code:text-is('/memfd:elsewhere-three'))")).ToContainTextAsync("only here");
    }
}
