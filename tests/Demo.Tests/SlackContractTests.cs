using System.Text.Json;

namespace Runtime.Demo.Tests;

public sealed class SlackContractTests
{
    [Theory]
    [InlineData("""{"text":"hello"}""", null)]
    [InlineData("""{"blocks":[{"type":"header","text":{"type":"plain_text","text":"a"}},{"type":"section","fields":[{"type":"mrkdwn","text":"b"}]},{"type":"divider"}]}""", null)]
    [InlineData("""{"text":"a","blocks":[{"type":"context","elements":[{"type":"mrkdwn","text":"b"}]}]}""", null)]
    [InlineData("""{"text":"Daily digest of prod: 1 incident that did not alert · runtimectl digest","blocks":[{"type":"header","text":{"type":"plain_text","text":"Daily digest of prod: 1 incident that did not alert","emoji":false}},{"type":"context","elements":[{"type":"plain_text","text":"From 2025-11-02 07:00:00 UTC to 2025-11-03 07:00:00 UTC","emoji":false}]},{"type":"section","text":{"type":"plain_text","text":"1. shop/web (app): sh wrote /etc/cron.d/x\nevidence 12, alerts from 20","emoji":false}},{"type":"context","elements":[{"type":"plain_text","text":"Look further: runtimectl digest","emoji":false}]}],"parse":"none","unfurl_links":false,"unfurl_media":false}""", null)]
    [InlineData("""{"blocks":[{"type":"context","elements":[]}]}""", "invalid_blocks")]
    [InlineData("""{}""", "no_text")]
    [InlineData("""{"text":""}""", "no_text")]
    [InlineData("""{"text":7}""", "invalid_payload")]
    [InlineData("""{"blocks":[]}""", "invalid_blocks")]
    [InlineData("""{"blocks":{}}""", "invalid_blocks")]
    [InlineData("""{"blocks":["header"]}""", "invalid_blocks")]
    [InlineData("""{"blocks":[{"type":"header"}]}""", "invalid_blocks")]
    [InlineData("""{"blocks":[{"type":"header","text":{"type":"mrkdwn","text":"a"}}]}""", "invalid_blocks")]
    [InlineData("""{"blocks":[{"type":"section"}]}""", "invalid_blocks")]
    [InlineData("""{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":""}}]}""", "invalid_blocks")]
    [InlineData("""{"blocks":[{"type":"section","fields":[]}]}""", "invalid_blocks")]
    [InlineData("""{"blocks":[{"type":"unheard_of"}]}""", "invalid_blocks")]
    public void Message_OfForm_IsAnsweredAsSlackDoes(string message, string? refusal)
    {
        using var json = JsonDocument.Parse(message);
        Assert.Equal(refusal, SlackContract.Refusal(json.RootElement));
    }

    [Theory]
    [InlineData(3000, null)]
    [InlineData(3001, "invalid_blocks")]
    public void Section_AtTheLimit_IsTheLongestTaken(int length, string? refusal)
    {
        using var json = JsonDocument.Parse("""{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"TEXT"}}]}""".Replace("TEXT", new string('a', length), StringComparison.Ordinal));
        Assert.Equal(refusal, SlackContract.Refusal(json.RootElement));
    }
}
