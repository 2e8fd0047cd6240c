using System.Buffers;

namespace Runtime.Agent.Reduction;

/// <summary>Names that a library makes up: mkstemp(3), mktemp(1), Python's tempfile.</summary>
/// <remarks>
/// Six of [A-Za-z0-9] look like a word one time in seven, so how sure one must be depends on what stands before them and on the place.
/// <code>
/// /tmp/tmp.Xk3f9Qa1bZ, /tmp/tmpAb3dEf, tmpq_8x0abc.py   tmp: letters and digits are enough
/// /tmp/ccIz9iRW.s, /var/tmp/b/stqvEehy, /etc/sedJ4kx2P   a known prefix: exactly six
/// /tmp/.ZendSem.JeTe2D, /var/lib/x/state.RZhlb5          six or ten behind a separator, not where images put their files
/// /tmp/app-Config, /tmp/app.fooBar, /tmp/job-node01      people's: words, words in camel case, words with a number behind
/// </code>
/// </remarks>
internal static class TemporaryNames
{
    private const int Tail = 6;

    private static readonly SearchValues<byte> Python = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_"u8);

    /// <returns>Bytes of <paramref name="segment"/> from <paramref name="at"/> on that were written; 0 for no such name.</returns>
    /// <param name="run">The run that begins there.</param>
    public static int Write(ReadOnlySpan<byte> segment, int at, ReadOnlySpan<byte> run, PathPlace place, ref TemplateWriter writer)
    {
        var rest = segment[at..];
        if (Temporary(rest, run.Length) is var name and > 0)
        {
            writer.Add(run.Length == 3 ? "tmp.<rand>"u8 : "tmp<rand>"u8);
            return name;
        }
        var prefix = Prefix(run);
        if (!(prefix > 0 ? IsRandomBehind(run[..prefix], run[prefix..], rest[run.Length..], place) : IsRandomPart(segment, at, run, place)))
            return 0;
        writer.Add(run[..prefix]);
        writer.Add("<rand>"u8);
        return run.Length;
    }

    private static bool IsRandomBehind(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> tail, ReadOnlySpan<byte> behind, PathPlace place) =>
        prefix.Length == 2 && IsTemporary(place) ? !IsNumberedWord(tail) || (prefix[0] == 'c' && behind.StartsWith("."u8)) : IsRandom(tail, place);

    private static bool IsRandomPart(ReadOnlySpan<byte> segment, int at, ReadOnlySpan<byte> run, PathPlace place) =>
        run.Length is Tail or 10 && at > 0 && place != PathPlace.Image
        && segment[at - 1] is (byte)'.' or (byte)'-' or (byte)'_'
        && (at + run.Length == segment.Length || segment[at + run.Length] == '.')
        && (segment[..at].SequenceEqual(".ZendSem."u8) ? !IsNumberedWord(run) : IsRandom(run, place));

    // mktemp(1): tmp.Xk3f9Qa1bZ    mkstemp(3): tmpAb3dEf    Python: tmp + 8 of [a-z0-9_]    not: tmpfiles, tmp.conf
    private static int Temporary(ReadOnlySpan<byte> rest, int length)
    {
        if (!rest.StartsWith("tmp"u8))
            return 0;
        if (rest.Length >= 11 && (rest.Length == 11 || rest[11] == '.') && rest.Slice(3, 8).IndexOfAnyExcept(Python) < 0)
            return 11;
        if (length > 3)
            return IsRandomTail(rest[3..length]) ? length : 0;
        if (rest.Length < 4 || rest[3] != '.')
            return 0;
        var end = 4;
        while (end < rest.Length && !PathRuns.IsSeparator(rest[end]))
            end++;
        return IsRandomTail(rest[4..end]) ? end : 0;

        static bool IsRandomTail(ReadOnlySpan<byte> tail) => tail.Length is >= 6 and <= 10 && new RunShape(tail) is { IsWord: true } shape && shape.Digits + shape.Upper > 0;
    }

    /// <summary>gcc (libiberty), strip and ar (binutils), sed -i, PHP's uploads, sort, tmpfile(3).</summary>
    /// <returns>Length of the prefix before a tail of six; 0 when it is none of these.</returns>
    private static int Prefix(ReadOnlySpan<byte> run) => run.Length switch
    {
        2 + Tail when run.StartsWith("cc"u8) || run.StartsWith("st"u8) => 2,
        3 + Tail when run.StartsWith("sed"u8) || run.StartsWith("php"u8) => 3,
        4 + Tail when run.StartsWith("sort"u8) || run.StartsWith("file"u8) => 4,
        _ => 0,
    };

    /// <summary>
    /// stdout01, ccontrol. What a compiler makes by the thousand, and PHP at each start, is all random but for these: one in seven that is left would never
    /// end. With a compiler's extension (ccontrol.s) not even these are words.
    /// </summary>
    private static bool IsNumberedWord(ReadOnlySpan<byte> tail) =>
        new RunShape(tail) is var shape && (!shape.IsWord || (shape.Upper == 0 && shape.Switches <= 1 && !char.IsAsciiDigit((char)tail[0])));

    private static bool IsRandom(ReadOnlySpan<byte> tail, PathPlace place) =>
        new RunShape(tail) is { IsWord: true } shape
        && shape.Upper > 0 && shape.Letters > shape.Upper
        && (shape.Digits > 0 || IsTemporary(place))
        && !IsCamelCase(tail);

    /// <summary>fooBar, FooBar, Config, FooBa2, XMLdoc, docXML: parts of two letters and more, a number at the end of words that begin with one capital.</summary>
    private static bool IsCamelCase(ReadOnlySpan<byte> run)
    {
        var hasNumber = char.IsAsciiDigit((char)run[^1]);
        run = run[..(run.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') + 1)];
        for (var isFirst = true; !run.IsEmpty; isFirst = false)
        {
            var upper = Count(run, (byte)'A', (byte)'Z');
            var lower = Count(run[upper..], (byte)'a', (byte)'z');
            if (lower == 0)
                return upper >= 2 && upper == run.Length && !hasNumber;
            if (upper + lower < 2 || (upper > 1 && (!isFirst || hasNumber)))
                return false;
            run = run[(upper + lower)..];
        }
        return true;

        static int Count(ReadOnlySpan<byte> text, byte low, byte high) => text.IndexOfAnyExceptInRange(low, high) is var end and >= 0 ? end : text.Length;
    }

    private static bool IsTemporary(PathPlace place) => place is PathPlace.Temporary or PathPlace.Memory;
}
