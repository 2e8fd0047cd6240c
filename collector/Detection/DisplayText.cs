using System.Globalization;
using System.Text;

namespace Runtime.Collector.Detection;

/// <summary>Text from containers, made safe and short for people.</summary>
internal static class DisplayText
{
    /// <summary>Control, line and direction characters as \xNN or \uNNNN: they could forge lines or turn text around. Backslashes stay as they are.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsHarmless(rune))
            {
                escaped.Append(rune.ToString());
            }
            else if (rune.Value < 0x100)
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
        }

        return escaped.ToString();
    }

    /// <summary>At most <paramref name="length"/> characters, with "…" for the rest.</summary>
    public static string Shorten(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var end = length - 1;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }

    public static string Path(string path) => Shorten(Escape(path), 160);

    /// <summary>The last segment of a path.</summary>
    public static string Name(string path) => Shorten(Escape(ProgramNames.BaseName(path)), 64);

    public static string Plural(long count, string word) => string.Create(CultureInfo.InvariantCulture, $"{count} {word}{(count == 1 ? "" : "s")}");

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);
}
