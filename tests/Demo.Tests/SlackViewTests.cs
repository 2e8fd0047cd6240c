using System.Text.Json;

namespace Runtime.Demo.Tests;

public sealed class SlackViewTests
{
    [Fact]
    public void Message_WithBlocks_IsShownAsText()
    {
        using var json = JsonDocument.Parse("""
            {"text":"fallback","blocks":[
              {"type":"header","text":{"type":"plain_text","text":"Critical · a &lt;b&gt; &amp; c"}},
              {"type":"section","fields":[{"type":"mrkdwn","text":"*Pod*\n`web-1`"}]},
              {"type":"section","text":{"type":"mrkdwn","text":"```httpd\n  sh```"}},
              {"type":"context","elements":[{"type":"mrkdwn","text":"one"},{"type":"mrkdwn","text":"two"}]}]}
            """);

        Assert.Equal("  │ Critical · a <b> & c\n  │\n  │ Pod: web-1\n  │\n  │ httpd\n  │   sh\n  │\n  │ one   two\n  │", SlackView.Render(json.RootElement));
    }

    [Fact]
    public void Message_WithTerminalControls_ShowsThemAsText()
    {
        using var json = JsonDocument.Parse("""{"text":"a\u001b[2Jb\u0007"}""");

        Assert.Equal("  │ a\\u001B[2Jb\\u0007", SlackView.Render(json.RootElement));
    }
}
