using System.Globalization;
using System.Text;

namespace Runtime.Collector.Configuration;

/// <summary>Text of unknown origin, made safe to show: nothing in it can move a cursor, hide, reorder or end a line.</summary>
internal static class PrintableText
{
    /// <summary>Control, format (bidi marks, zero width), line separators, lone surrogates and private characters become \n, \t, \r, \xNN or \u{N}.</summary>
    /// <param name="keepNewlines">For text that is several lines by design.</param>
    public static string Escape(string text, bool keepNewlines = false)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var unit in Units(text, keepNewlines))
        {
            shown.Append(unit);
        }

        return shown.ToString();
    }

    /// <summary>The same, in pieces that must not be cut: one character or one escape each.</summary>
    public static IEnumerable<string> Units(string text, bool keepNewlines)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                i += rune.Utf16SequenceLength - 1;
                yield return Unit(rune, keepNewlines);
            }
            else
            {
                yield return $"\\u{{{(int)text[i]:X}}}";
            }
        }
    }

    private static string Unit(Rune rune, bool keepNewlines) => rune.Value switch
    {
        '\n' => keepNewlines ? "\n" : "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < 0x20 or (>= 0x7F and <= 0x9F) => $"\\x{rune.Value:X2}",
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            ? $"\\u{{{rune.Value:X}}}" : rune.ToString(),
    };
}
