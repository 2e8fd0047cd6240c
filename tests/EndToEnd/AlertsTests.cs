using Microsoft.Playwright;
using Runtime.Collector.Tests.Notifiers;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Runtime.V1;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

/// <summary>Who is told, what became of it, and what nobody is told of, through the page of a collector that has notifiers.</summary>
public sealed class AlertsTests(ShopFixture fixture)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delivery_ThatWasRefused_IsShownAndRepeated()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(410, "moved <b>away</b>"), Receiver.Status(200, "ok"));
        await using var program = await StartAsync(receiver);
        using var shop = new Shop();
        await shop.FillAsync(program.Channel);
        await ShopFixture.UntilAsync(async () => (await Alerts(program).ListDeliveriesAsync(new() { State = "failed" }, cancellationToken: Stop)).Deliveries.Count > 0);

        await using var visit = await fixture.VisitAsync(program, "analyst");
        var page = visit.Page;
        await visit.GoAsync("/alerts");
        var sent = page.GetByRole(AriaRole.Region, new() { Name = "What was sent" });
        await Expect(sent.Locator("tbody > tr:has(.bad)")).ToContainTextAsync("moved <b>away</b>");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Who is told" }).Locator("tbody > tr")).ToContainTextAsync("ops");
        await sent.GetByRole(AriaRole.Button, new() { Name = "Repeat" }).First.ClickAsync();
        await Expect(page.Locator("main > [role=status]").First).ToContainTextAsync("waits again");
        await ShopFixture.UntilAsync(async () => (await Alerts(program).ListDeliveriesAsync(new() { State = "failed" }, cancellationToken: Stop)).Deliveries.Count == 0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Send a sample to ops" }).ClickAsync();
        await Expect(page.Locator("main > [role=status]").First).ToContainTextAsync("Delivered to ops after");
    }

    [Fact]
    public async Task Mute_FromAnIncident_IsListedWithItsReasonAndEnded()
    {
        var incident = await fixture.NewIncidentAsync("muted-tool");
        await using var visit = await fixture.VisitAsync("analyst");
        var page = visit.Page;
        await visit.GoAsync("/incidents/" + incident.Id);
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute …" }).ClickAsync();
        await page.GetByLabel("a week").CheckAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Why" }).FillAsync("migration <i>until Friday</i>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute it" }).ClickAsync();
        await Expect(page.Locator(".actions [role=status]")).ToContainTextAsync("Muted");

        await page.GetByRole(AriaRole.Link, new() { Name = "Alerts" }).ClickAsync();
        var row = page.GetByRole(AriaRole.Region, new() { Name = "Mutes" }).Locator("tbody > tr:has-text('tools/muted-tool')");
        await Expect(row).ToContainTextAsync("migration <i>until Friday</i>");
        await Expect(row).ToContainTextAsync("or when the image changes");
        await row.GetByRole(AriaRole.Button, new() { Name = "End it" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        await page.GetByLabel("those that ended too").CheckAsync();
        await Expect(row).ToContainTextAsync("by root (uid 0), web page");
    }

    [Fact]
    public async Task Alerts_OfAViewer_OfferNothingToChange()
    {
        await using var visit = await fixture.VisitAsync("viewer");
        await visit.GoAsync("/alerts");
        await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Who is told" })).ToContainTextAsync("the settings have no notifier");
        await Expect(visit.Page.Locator("main button")).ToHaveCountAsync(0);
    }

    private static Task<WebProgram> StartAsync(Receiver receiver) =>
        WebProgram.StartAsync("--Notifiers:0:Name=ops", "--Notifiers:0:Kind=Slack", "--Notifiers:0:Url=" + receiver.Url);

    private static Alerts.AlertsClient Alerts(WebProgram program) => new(program.Channel);
}
