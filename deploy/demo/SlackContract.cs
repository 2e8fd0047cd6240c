using System.Text.Json;

namespace Runtime.Demo;

/// <summary>What Slack's incoming webhooks take (docs.slack.dev: "Sending messages using incoming webhooks", "Block Kit reference").</summary>
internal static class SlackContract
{
    private const int Blocks = 50;
    private const int HeaderText = 150;
    private const int SectionText = 3000;
    private const int Fields = 10;
    private const int FieldText = 2000;
    private const int ContextElements = 10;

    /// <returns>The word that Slack refuses it with; null when it takes it.</returns>
    public static string? Refusal(JsonElement message)
    {
        if (message.TryGetProperty("text", out var text) && text.ValueKind != JsonValueKind.String)
        {
            return "invalid_payload";
        }

        if (!message.TryGetProperty("blocks", out var blocks))
        {
            return text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0 ? null : "no_text";
        }

        return blocks.ValueKind == JsonValueKind.Array && blocks.GetArrayLength() is > 0 and <= Blocks && blocks.EnumerateArray().All(IsBlock) ? null : "invalid_blocks";
    }

    private static bool IsBlock(JsonElement block) => block.ValueKind == JsonValueKind.Object && TypeOf(block) switch
    {
        "header" => block.TryGetProperty("text", out var text) && IsText(text, HeaderText) && TypeOf(text) == "plain_text",
        "section" => IsSection(block),
        "context" => block.TryGetProperty("elements", out var elements) && AreTexts(elements, ContextElements, SectionText),
        "divider" => true,
        _ => false,
    };

    private static bool IsSection(JsonElement block)
    {
        var hasText = block.TryGetProperty("text", out var text);
        var hasFields = block.TryGetProperty("fields", out var fields);
        return (hasText || hasFields) && (!hasText || IsText(text, SectionText)) && (!hasFields || AreTexts(fields, Fields, FieldText));
    }

    private static bool AreTexts(JsonElement texts, int count, int length) =>
        texts.ValueKind == JsonValueKind.Array && texts.GetArrayLength() >= 1 && texts.GetArrayLength() <= count && texts.EnumerateArray().All(text => IsText(text, length));

    private static bool IsText(JsonElement text, int length) =>
        text.ValueKind == JsonValueKind.Object
        && TypeOf(text) is "plain_text" or "mrkdwn"
        && text.TryGetProperty("text", out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString()!.Length >= 1
        && value.GetString()!.Length <= length;

    private static string? TypeOf(JsonElement element) =>
        element.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
}
