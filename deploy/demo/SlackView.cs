using System.Text;
using System.Text.Json;

namespace Runtime.Demo;

/// <summary>A Slack message as a person sees it, in a terminal.</summary>
internal static class SlackView
{
    private const string Margin = "  │ ";

    /// <param name="message">One that <see cref="SlackContract"/> takes.</param>
    public static string Render(JsonElement message)
    {
        var lines = message.TryGetProperty("blocks", out var blocks)
            ? blocks.EnumerateArray().SelectMany(block => Block(block).Append(""))
            : [Text(message.GetProperty("text").GetString()!)];
        return string.Join('\n', lines.SelectMany(line => line.Split('\n')).Select(line => (Margin + line).TrimEnd()));
    }

    private static IEnumerable<string> Block(JsonElement block) => block.GetProperty("type").GetString() switch
    {
        "divider" => ["────────"],
        "context" => [string.Join("   ", block.GetProperty("elements").EnumerateArray().Select(Of))],
        _ => Section(block),
    };

    private static IEnumerable<string> Section(JsonElement block)
    {
        if (block.TryGetProperty("text", out var text))
        {
            yield return Of(text);
        }

        if (block.TryGetProperty("fields", out var fields))
        {
            foreach (var field in fields.EnumerateArray())
            {
                // "*Label*\n`value`": the label and its value on one line.
                yield return Of(field).Replace("\n", ": ", StringComparison.Ordinal);
            }
        }
    }

    private static string Of(JsonElement text)
    {
        var value = text.GetProperty("text").GetString()!;
        return text.GetProperty("type").GetString() == "mrkdwn" ? Text(value.Replace("```", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal)) : Text(value);
    }

    /// <summary>Slack's three entities come back.</summary>
    private static string Text(string text) => Printable(text
        .Replace("&lt;", "<", StringComparison.Ordinal)
        .Replace("&gt;", ">", StringComparison.Ordinal)
        .Replace("&amp;", "&", StringComparison.Ordinal));

    /// <summary>Whatever could steer a terminal is shown as \u001B.</summary>
    public static string Printable(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            if (char.IsControl(letter) && letter != '\n')
            {
                shown.Append(global::System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            }
            else
            {
                shown.Append(letter);
            }
        }

        return shown.ToString();
    }
}
