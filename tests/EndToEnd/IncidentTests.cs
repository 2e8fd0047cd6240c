using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

public sealed class IncidentTests(ShopFixture fixture)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Incident_OfTheBreakIn_IsToldWithProcessesReasonsPlaceAndTime()
    {
        var incident = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync();
        await visit.GoAsync("/incidents/" + incident.Id);
        var page = visit.Page;
        await Expect(page.Locator("h1")).Not.ToBeEmptyAsync();
        await Expect(page.Locator(".story")).ToContainTextAsync("shop/web (app)");

        // nginx started the shell, the shell what it had fetched.
        var tree = page.GetByRole(AriaRole.Region, new() { Name = "Processes" });
        await Expect(tree.Locator("li:has(> .process > .binary:text-is('/usr/sbin/nginx')) li > .process.deviates > .binary:text-is('/bin/sh')")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Why it is odd" }).Locator("li")).Not.ToHaveCountAsync(0);
        await Expect(page.Locator(".timeline > li")).Not.ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Where", Exact = true })).ToContainTextAsync(incident.Pods[0]);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Who was told" })).ToContainTextAsync("Nobody");
    }

    [Theory]
    [InlineData("benign")]
    [InlineData("malicious")]
    [InlineData("unknown")]
    public async Task Close_WithVerdictAndReason_EndsItAndIsInTheAudit(string verdict)
    {
        var incident = await fixture.NewIncidentAsync("close-" + verdict);
        await using var visit = await fixture.VisitAsync("analyst");
        await visit.GoAsync("/incidents/" + incident.Id);
        var page = visit.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Close …" }).ClickAsync();
        await page.GetByLabel(verdict).CheckAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Why" }).FillAsync("load test <b>812</b>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close as " + verdict }).ClickAsync();
        await Expect(page.Locator(".actions [role=status]")).ToContainTextAsync("Closed as " + verdict);
        await Expect(page.Locator(".story")).ToContainTextAsync("closed");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "What people did" })).ToContainTextAsync("load test <b>812</b>");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Close …" })).ToHaveCountAsync(0);

        var closed = await fixture.Program.Query.GetIncidentAsync(new() { Id = incident.Id }, cancellationToken: Stop);
        Assert.Equal("closed", closed.State);
        var entry = Assert.Single(closed.Audit);
        Assert.EndsWith("(uid 0), web page", entry.Who);
        Assert.Contains(verdict, entry.Action);
    }

    [Fact]
    public async Task Approve_WithReason_MakesItPartOfTheBaseline()
    {
        var incident = await fixture.NewIncidentAsync("approved-tool");
        await using var visit = await fixture.VisitAsync("analyst");
        await visit.GoAsync("/incidents/" + incident.Id);
        var page = visit.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve …" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Why" }).FillAsync("new backup job");
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve into the baseline" }).ClickAsync();
        await Expect(page.Locator(".actions [role=status]")).ToContainTextAsync("Approved");
        await Expect(page.Locator(".story")).ToContainTextAsync("approved");
        await visit.GoAsync("/deployment?scope=" + Uri.EscapeDataString(Shop.ScopeOf("approved-tool")));
        await page.GetByLabel("Part of the item").FillAsync("memfd:approved-tool");
        await Expect(page.Locator(".items tbody tr:has(code)").First).ToContainTextAsync("approved");
    }

    [Fact]
    public async Task ApproveOne_FromTheTimeline_LeavesTheIncidentOpen()
    {
        var incident = await fixture.NewIncidentAsync("one-of-it");
        var before = (await fixture.Program.Query.GetIncidentAsync(new() { Id = incident.Id }, cancellationToken: Stop)).Deviations.Count(deviation => deviation.State == "open");
        await using var visit = await fixture.VisitAsync("analyst");
        await visit.GoAsync("/incidents/" + incident.Id);
        await visit.Page.Locator(".timeline summary").First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Approve this one only" }).First.ClickAsync();
        await Expect(visit.Page.Locator("section:has(.timeline) > [role=status]")).ToContainTextAsync("Approved: ");
        var after = (await fixture.Program.Query.GetIncidentAsync(new() { Id = incident.Id }, cancellationToken: Stop)).Deviations.Count(deviation => deviation.State == "open");
        Assert.Equal(before - 1, after);
    }

    [Fact]
    public async Task Copy_OfAnIncident_PutsItsStoryOnTheClipboard()
    {
        var incident = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/incidents/" + incident.Id);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Copy as Markdown" }).ClickAsync();
        await Expect(visit.Page.Locator(".actions [role=status]")).ToHaveTextAsync("Copied.");
        var copied = await visit.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        Assert.StartsWith("## `", copied);
        Assert.Contains($"- Incident: `{incident.Id}`", copied);
        Assert.Contains("### Why it is odd", copied);
        Assert.DoesNotContain("\u202E", copied);
    }

    [Fact]
    public async Task Viewer_SeesAllAndMayChangeNothing()
    {
        var incident = await fixture.BreakInAsync();
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/incidents/" + incident.Id);
        await Expect(visit.Page.Locator(".who")).ToContainTextAsync("as viewer");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Copy as Markdown" })).ToBeVisibleAsync();
        foreach (var name in new[] { "Close …", "Approve …", "Approve this one only" })
        {
            await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = name, IncludeHidden = true })).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task TwoPeople_OnOneIncident_TheSecondIsToldWhoWasFirst()
    {
        var incident = await fixture.NewIncidentAsync("decided-twice");
        await using var visit = await fixture.VisitAsync("analyst");
        await visit.GoAsync("/incidents/" + incident.Id);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Close …" }).ClickAsync();
        await fixture.Program.Query.CloseIncidentAsync(new() { Id = incident.Id, Verdict = "malicious" }, cancellationToken: Stop);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Close as benign" }).ClickAsync();
        await Expect(visit.Page.Locator(".actions [role=status]")).ToContainTextAsync("is closed already, by root");
    }
}
