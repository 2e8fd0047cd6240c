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
    public void Digest_OfPlainText_KeepsItsLines()
    {
        using var json = JsonDocument.Parse("""
            {"text":"fallback","blocks":[
              {"type":"header","text":{"type":"plain_text","text":"Daily digest of prod: 1 incident that did not alert"}},
              {"type":"context","elements":[{"type":"plain_text","text":"From 2025-11-02 to 2025-11-03"}]},
              {"type":"section","text":{"type":"plain_text","text":"1. shop/web: sh wrote &lt;x&gt;\nevidence 12, alerts from 20 · runtimectl incidents show inc-1"}}]}
            """);

        Assert.Equal(
            "  │ Daily digest of prod: 1 incident that did not alert\n  │\n  │ From 2025-11-02 to 2025-11-03\n  │\n  │ 1. shop/web: sh wrote <x>\n  │ evidence 12, alerts from 20 · runtimectl incidents show inc-1\n  │",
            SlackView.Render(json.RootElement));
    }

    [Fact]
    public void Message_WithTerminalControls_ShowsThemAsText()
    {
        using var json = JsonDocument.Parse("""{"text":"a\u001b[2Jb\u0007"}""");

        Assert.Equal("  │ a\\u001B[2Jb\\u0007", SlackView.Render(json.RootElement));
    }
}
