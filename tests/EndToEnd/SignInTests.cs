using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.Tests;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Runtime.EndToEnd.Tests;

/// <summary>A person of a provider, in a browser: the provider is another site for it (localhost), so its rules for cookies count.</summary>
public sealed class SignInTests(ShopFixture fixture) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-sign-in-").FullName;
    private OidcProvider _provider = null!;
    private WebProgram _program = null!;

    public async ValueTask InitializeAsync()
    {
        _provider = await OidcProvider.StartAsync("localhost");
        _provider.Asks = true;
        var secret = Path.Combine(_folder, "secret");
        await File.WriteAllTextAsync(secret, OidcProvider.Secret, TestContext.Current.CancellationToken);
        _program = await WebProgram.StartAsync(
            $"--Web:Oidc:Authority={_provider.Issuer}", $"--Web:Oidc:ClientId={OidcProvider.ClientId}", $"--Web:Oidc:ClientSecretFile={secret}", "--Web:Oidc:Roles:Viewers=watchers");
    }

    [Fact]
    public async Task SignIn_InABrowser_LeadsToThePageAndOutAgain()
    {
        await using var visit = await fixture.VisitAsync();
        visit.Expects("401");
        var page = visit.Page;
        await page.GotoAsync($"http://{_program.Address}/agents");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Not signed in");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "I am alice" }).ClickAsync();
        await visit.AliveAsync();
        await Expect(page).ToHaveURLAsync($"http://{_program.Address}/agents");
        await Expect(page.Locator("header .who span")).ToContainTextAsync("as viewer");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Not signed in");
    }

    [Fact]
    public async Task SignIn_OfSomebodyWithoutARole_SaysWhatIsMissing()
    {
        _provider.Groups = ["guests", "<img src=x onerror=window.owned=1>"];
        await using var visit = await fixture.VisitAsync();
        visit.Expects("40");
        var page = visit.Page;
        await page.GotoAsync($"http://{_program.Address}/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "I am alice" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("You have no role here");
        await Expect(page.Locator("main")).ToContainTextAsync("Of the claim groups it says: guests, <img src=x onerror=window.owned=1>.");
        Assert.Null(await page.EvaluateAsync<int?>("() => window.owned ?? null"));
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
