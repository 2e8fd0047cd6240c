using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace Runtime.EndToEnd.Tests.Browsing;

/// <summary>One browser window of one session. What the browser complains of (scripts that broke, what the page's policy forbade) fails the test that opened it.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();
    private string _expected = "";

    private Visit(IBrowserContext context, IPage page, string origin) => (_context, Page, Origin) = (context, page, origin);

    public IPage Page { get; }

    /// <summary>"http://127.0.0.1:PORT".</summary>
    public string Origin { get; }

    public static async Task<Visit> OpenAsync(IBrowser browser, string link, ColorScheme scheme, bool isPhone)
    {
        var context = await browser.NewContextAsync(new()
        {
            ColorScheme = scheme,
            ViewportSize = isPhone ? new() { Width = 390, Height = 844 } : new() { Width = 1366, Height = 900 },
            IsMobile = isPhone,
            HasTouch = isPhone,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(20_000);
        var page = await context.NewPageAsync();
        var visit = new Visit(context, page, new Uri(link).GetLeftPart(UriPartial.Authority));
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                visit._complaints.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => visit._complaints.Enqueue("script: " + error);
        await page.GotoAsync(link);
        await visit.AliveAsync();
        return visit;
    }

    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(Origin + path);
        await AliveAsync();
    }

    /// <summary>Until the page answers to what is done in it.</summary>
    public Task AliveAsync() => Page.Locator(".live").WaitForAsync();

    /// <summary>Faults of accessibility, each with the element that has it.</summary>
    public async Task<IReadOnlyList<string>> AccessibilityAsync()
    {
        var result = await Page.RunAxe();
        return [.. result.Violations.SelectMany(rule => rule.Nodes.Select(node => $"{rule.Id} ({rule.Impact}): {node.Html}"))];
    }

    /// <summary>A complaint that holds these words is what the test is about.</summary>
    public void Expects(string words) => _expected = words;

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        var complaints = string.Join('\n', _complaints.Where(complaint => _expected.Length == 0 || !complaint.Contains(_expected, StringComparison.OrdinalIgnoreCase)));
        Assert.True(complaints.Length == 0, complaints);
    }
}
