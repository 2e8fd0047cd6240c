using System.Buffers;
using System.Globalization;

namespace Runtime.Collector.Generalisation;

/// <summary>What a run of a name is made of. A wider class takes what a narrower one takes.</summary>
internal enum RunClass
{
    Letters = 0,
    Digits = 1,
    Alnum = 2,
    Other = 3,
}

/// <summary>The shape of one segment of a path: its separators, its literal runs, the classes of the runs that vary.</summary>
/// <remarks>
/// Separators are the agent's: - _ . @ + = : ~
/// <code>
/// sess-alice.tmp, sess-bob.tmp    sess-%{letters}.tmp
/// phpAb3dEf, phpXyZabc            php%{alnum 6}         all of one length: the length is part of the shape
/// IMG_&lt;int&gt;.jpg                   IMG_&lt;int&gt;.jpg         what the agent typed stays as it is
/// my cat (1).jpg                  %{other}.jpg
/// %{any}.jpg                      every name with that extension that begins with no dot
/// </code>
/// The text from the last dot on is literal where it looks like an extension: it says what the file is.
/// "%{" cannot come from a container: a key writes its '%' as %25.
/// </remarks>
internal static class NameShape
{
    public const string Any = "%{any}";

    private const string Open = "%{";
    private static readonly SearchValues<char> Separators = SearchValues.Create("-_.@+=:~");

    public static bool IsTemplate(ReadOnlySpan<char> text) => text.Contains(Open, StringComparison.Ordinal);

    public static bool IsSeparator(char character) => Separators.Contains(character);

    /// <summary>Length of the run that <paramref name="name"/> begins with; 0 at a separator.</summary>
    public static int RunLength(ReadOnlySpan<char> name)
    {
        var end = name.IndexOfAny(Separators);
        return end < 0 ? name.Length : end;
    }

    /// <summary>".jpg", with the dot; empty when there is none: a leading dot hides a name, digits alone count something.</summary>
    public static ReadOnlySpan<char> Extension(ReadOnlySpan<char> name)
    {
        var dot = name.LastIndexOf('.');
        if (dot <= 0 || name.Length - dot is < 2 or > 6)
        {
            return default;
        }

        var hasLetter = false;
        foreach (var character in name[(dot + 1)..])
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                return default;
            }

            hasLetter |= char.IsAsciiLetter(character);
        }

        return hasLetter ? name[dot..] : default;
    }

    /// <summary>Null for a run that the agent typed ("&lt;int&gt;"): it stays as it is.</summary>
    public static RunClass? ClassOf(ReadOnlySpan<char> run)
    {
        bool letters = false, digits = false, others = false;
        foreach (var character in run)
        {
            if (character == '<')
            {
                return null;
            }

            letters |= char.IsAsciiLetter(character);
            digits |= char.IsAsciiDigit(character);
            others |= !char.IsAsciiLetterOrDigit(character);
        }

        return others ? RunClass.Other : letters && digits ? RunClass.Alnum : digits ? RunClass.Digits : RunClass.Letters;
    }

    /// <param name="length">0: any.</param>
    public static string Run(RunClass @class, int length)
    {
        var name = @class switch { RunClass.Letters => "letters", RunClass.Digits => "digits", RunClass.Alnum => "alnum", _ => "other" };
        return length == 0 ? Open + name + "}" : string.Create(CultureInfo.InvariantCulture, $"{Open}{name} {length}}}");
    }

    /// <summary>Whether a name has a template's shape. Segments without "/"; no allocation.</summary>
    public static bool Matches(ReadOnlySpan<char> template, ReadOnlySpan<char> name)
    {
        if (template.StartsWith(Any, StringComparison.Ordinal))
        {
            var extension = template[Any.Length..];
            return name.Length > extension.Length && name[0] != '.' && Extension(name).SequenceEqual(extension);
        }

        while (!template.IsEmpty)
        {
            if (template.StartsWith(Open, StringComparison.Ordinal))
            {
                var close = template.IndexOf('}');
                var run = name[..RunLength(name)];
                if (!Fits(run, template[Open.Length..close]))
                {
                    return false;
                }

                template = template[(close + 1)..];
                name = name[run.Length..];
            }
            else
            {
                var next = template.IndexOf(Open, StringComparison.Ordinal);
                var literal = next < 0 ? template : template[..next];
                if (!name.StartsWith(literal, StringComparison.Ordinal))
                {
                    return false;
                }

                template = template[literal.Length..];
                name = name[literal.Length..];
            }
        }

        return name.IsEmpty;
    }

    /// <param name="wanted">"letters", "alnum 6".</param>
    private static bool Fits(ReadOnlySpan<char> run, ReadOnlySpan<char> wanted)
    {
        if (run.IsEmpty || ClassOf(run) is not { } @class)
        {
            return false;
        }

        var space = wanted.IndexOf(' ');
        if (space > 0 && run.Length != int.Parse(wanted[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture))
        {
            return false;
        }

        return wanted[0] switch
        {
            'l' => @class == RunClass.Letters,
            'd' => @class == RunClass.Digits,
            'a' => @class != RunClass.Other,
            _ => true,
        };
    }
}
