using System.Text;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Text for Slack. &amp;, &lt; and &gt; are its control characters: escaped, no text of a container can mention a channel, name a user or
/// hide a link (docs.slack.dev, "Formatting message text"). Control characters come out as \n, \x1B, \u{202E}.
/// </summary>
internal static class SlackText
{
    /// <summary>Never cuts an escape or a character in two; a cut text ends with …</summary>
    /// <param name="limit">UTF-16 units of the result, 1 or more: Slack counts no fewer.</param>
    public static string Plain(string text, int limit, bool keepNewlines = false) => Build(text, limit, keepNewlines, code: false);

    /// <summary>For the inside of `…` or ```…```: a backtick would end it, and becomes a look-alike.</summary>
    public static string Code(string text, int limit, bool keepNewlines = false) => Build(text, limit, keepNewlines, code: true);

    private static string Build(string text, int limit, bool keepNewlines, bool code)
    {
        var result = new StringBuilder();
        var cut = 0;
        foreach (var unit in PrintableText.Units(text, keepNewlines))
        {
            var escaped = unit switch
            {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "`" when code => "ˋ",
                _ => unit,
            };
            if (result.Length + escaped.Length > limit)
            {
                result.Length = cut;
                return result.Append('…').ToString();
            }

            result.Append(escaped);

            // The longest prefix that leaves room for the mark.
            cut = result.Length < limit ? result.Length : cut;
        }

        return result.ToString();
    }
}
