using Microsoft.Playwright;
using Runtime.EndToEnd.Tests.Browsing;
using Runtime.EndToEnd.Tests.Fleet;
using Runtime.V1;
using Xunit;

[assembly: AssemblyFixture(typeof(ShopFixture))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Runtime.EndToEnd.Tests.Browsing;

/// <summary>One program that has seen the shop's four days, and one browser, for all tests.</summary>
public sealed class ShopFixture : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal WebProgram Program { get; private set; } = null!;
    internal Shop Shop { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Program = await WebProgram.StartAsync("--Scopes:CheckpointInterval=1s");
        await Shop.FillAsync(Program.Channel);
        await UntilAsync(async () => (await OpenAsync()).Any(incident => incident.ScopeId == Shop.Scope && incident.Pods.Count > 0));
    }

    /// <summary>The open incident that comes first by severity: the break-in.</summary>
    internal async Task<Incident> BreakInAsync() => (await OpenAsync()).Where(incident => incident.ScopeId == Shop.Scope).MaxBy(incident => incident.EValue)!;

    /// <summary>A new one in a deployment of this name, for a test that ends it.</summary>
    internal async Task<Incident> NewIncidentAsync(string deployment, string? program = null)
    {
        await Shop.BreakInAsync(deployment, program);
        Incident? found = null;
        await UntilAsync(async () => (found = (await OpenAsync()).FirstOrDefault(incident => incident.ScopeId == Shop.ScopeOf(deployment))) is not null);
        return found!;
    }

    /// <summary>A person in front of the page.</summary>
    internal Task<Visit> VisitAsync(string role = "", ColorScheme scheme = ColorScheme.Light, bool isPhone = false) => VisitAsync(Program, role, scheme, isPhone);

    /// <summary>The same of another program.</summary>
    internal async Task<Visit> VisitAsync(WebProgram program, string role = "", ColorScheme scheme = ColorScheme.Light, bool isPhone = false)
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not there: deploy/install-packages.sh tests");
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            // As root it has no sandbox; small machines have a small /dev/shm.
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        });
        return await Visit.OpenAsync(_browser, await program.LinkAsync(role), scheme, isPhone);
    }

    /// <summary>Asks again and again: no method of the collector waits for an incident.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(_limit);
        while (!await isSo())
        {
            await Task.Delay(100, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        Shop.Dispose();
        await Program.DisposeAsync();
    }

    private async Task<IReadOnlyList<Incident>> OpenAsync() => (await Program.Query.ListIncidentsAsync(new() { State = "open" })).Incidents;
}
