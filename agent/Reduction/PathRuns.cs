using System.Buffers;

namespace Runtime.Agent.Reduction;

/// <summary>Types the runs of one path segment: the stretches between <c>- _ . @ + = : ~</c>.</summary>
/// <remarks>
/// The first that fits: uuid, date, a pod's name, a temporary name (<see cref="TemporaryNames"/>), ts, ver, int, hexN (eight or more hex digits with a
/// letter and a digit; N is the bucket below), b64, rand, else the text itself. A run of digits alone is never hex: then every date would be.
/// </remarks>
internal static class PathRuns
{
    private static readonly SearchValues<byte> Separators = SearchValues.Create("-_.@+=:~"u8);

    // The letters of which Kubernetes makes random names: no vowels, so that no words come out (apimachinery, util/rand).
    private static readonly SearchValues<byte> Safe = SearchValues.Create("bcdfghjklmnpqrstvwxz2456789"u8);

    // go-build1234567890, jna4839201745839201745.tmp: Go and Java put a random number behind the name. Shorter ones people give, and images name versions so (libabsl20220623).
    private const int LongNumber = 8;

    private static readonly SearchValues<byte> TimeOfDay = SearchValues.Create("0123456789:.-_"u8);

    public static bool IsSeparator(byte character) => Separators.Contains(character);

    public static void Write(ReadOnlySpan<byte> segment, PathPlace place, ref TemplateWriter writer)
    {
        for (var at = 0; at < segment.Length;)
        {
            if (Separators.Contains(segment[at]))
            {
                writer.Add(segment.Slice(at++, 1));
                continue;
            }
            at += WriteRun(segment, at, place, ref writer);
        }
    }

    /// <returns>Bytes of the segment that were read; at least 1.</returns>
    private static int WriteRun(ReadOnlySpan<byte> segment, int at, PathPlace place, ref TemplateWriter writer)
    {
        var rest = segment[at..];
        var length = rest.IndexOfAny(Separators);
        if (length < 0)
            length = rest.Length;
        var run = rest[..length];

        // kubepods' folder of a pod: podUID
        var prefix = place == PathPlace.Cgroup && rest.StartsWith("pod"u8) ? 3 : 0;
        if (StartsWithUuid(rest[prefix..]))
        {
            writer.Add(rest[..prefix]);
            writer.Add("<uuid>"u8);
            return prefix + 36;
        }
        if (StartsWithDate(rest) is var date and > 0)
        {
            writer.Add("<date>"u8);
            return date;
        }
        if (PodSuffix(segment, at) is var suffix and > 0)
        {
            writer.Add(suffix > 5 ? "<rs>-<rand>"u8 : "<rand>"u8);
            return suffix;
        }
        if (TemporaryNames.Write(segment, at, run, place, ref writer) is var name and > 0)
            return name;

        var shape = new RunShape(run);
        if (!shape.IsWord)
        {
            writer.Add(run);
            return length;
        }
        if (shape.Letters == 0)
            return WriteNumber(rest, run, place, ref writer);
        if (StartsWithVersion(rest) is var version and > 0)
        {
            writer.Add("<ver>"u8);
            return version;
        }
        if (shape.IsHex && length >= 8)
        {
            writer.Add(place == PathPlace.Cgroup && length == 64 ? "<container>"u8 : HexName(length));
            return length;
        }
        if (length >= 16 && shape.Upper > 0 && shape.Letters > shape.Upper && shape.Digits > 0 && Entropy(run) >= 3.5)
        {
            writer.Add("<b64>"u8);
            while (length < rest.Length && rest[length] == '=')
                length++;
            return length;
        }
        if (place != PathPlace.Image && shape.Digits >= LongNumber && shape.Switches == 1 && char.IsAsciiDigit((char)run[^1]))
        {
            writer.Add(run[..shape.Letters]);
            writer.Add("<int>"u8);
            return length;
        }
        writer.Add(length >= 6 && shape.Switches >= 3 ? "<rand>"u8 : run);
        return length;
    }

    /// <summary>A run of digits: date, time stamp, the beginning of a version, or a number.</summary>
    private static int WriteNumber(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> run, PathPlace place, ref TemplateWriter writer)
    {
        // PostgreSQL.3141592653: a random number has a date's or a time's length one day and another the next.
        if (place == PathPlace.Memory)
            writer.Add("<int>"u8);
        // 20261123, with hours, minutes and seconds behind it or not
        else if (run.Length is 8 or 10 or 12 or 14 && IsDate(run[..4], run.Slice(4, 2), run.Slice(6, 2)))
            writer.Add("<date>"u8);
        else if (run.Length is 10 or 13 or 16 or 19 && run[0] == '1')
            writer.Add("<ts>"u8);
        else if (StartsWithVersion(rest) is var version and > 0)
        {
            writer.Add("<ver>"u8);
            return version;
        }
        else
            writer.Add(place == PathPlace.Image && run.Length <= 2 ? run : "<int>"u8);
        return run.Length;
    }

    // 550e8400-e29b-41d4-a716-446655440000, or with _ as systemd's slices write it
    private static bool StartsWithUuid(ReadOnlySpan<byte> text)
    {
        if (text.Length < 36 || (text.Length > 36 && char.IsAsciiLetterOrDigit((char)text[36])) || text[8] is not ((byte)'-' or (byte)'_'))
            return false;
        for (var i = 0; i < 36; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != text[8] : !char.IsAsciiHexDigit((char)text[i]))
                return false;
        }
        return true;
    }

    // 2026-11-23, 2026_11_23, 2026.11.23, and with a time: 2026-11-23T05:48:29.123Z
    private static int StartsWithDate(ReadOnlySpan<byte> text)
    {
        if (text.Length < 10 || text[4] is not ((byte)'-' or (byte)'_' or (byte)'.') || text[7] != text[4] || !IsDate(text[..4], text.Slice(5, 2), text.Slice(8, 2)))
            return 0;
        if (text.Length == 10 || !char.IsAsciiLetterOrDigit((char)text[10]))
            return 10;
        if (text[10] != 'T')
            return 0;
        var end = text[11..].IndexOfAnyExcept(TimeOfDay);
        end = end < 0 ? text.Length : 11 + end;
        while (end > 11 && Separators.Contains(text[end - 1]))
            end--;
        return end < text.Length && text[end] == 'Z' ? end + 1 : end;
    }

    private static bool IsDate(ReadOnlySpan<byte> year, ReadOnlySpan<byte> month, ReadOnlySpan<byte> day) =>
        (year.StartsWith("19"u8) || year.StartsWith("20"u8)) && IsDigits(year) && IsDigits(month) && IsDigits(day)
        && Number(month) is >= 1 and <= 12 && Number(day) is >= 1 and <= 31;

    // 1.25, v1.2.3; not 5 and not 1.2a
    private static int StartsWithVersion(ReadOnlySpan<byte> text)
    {
        var at = text[0] == 'v' ? 1 : 0;
        for (var parts = 1; ; parts++)
        {
            var digits = text[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits < 0)
                digits = text.Length - at;
            if (digits == 0)
                return 0;
            at += digits;
            if (at + 1 < text.Length && text[at] == '.' && char.IsAsciiDigit((char)text[at + 1]))
                at++;
            else
                return parts > 1 && (at == text.Length || !char.IsAsciiLetterOrDigit((char)text[at])) ? at : 0;
        }
    }

    // web-5d9c7b8f6d-x2x9z, rabbit@web-5d9c7b8f6d-x2x9z-feature_flags: a pod's name by a ReplicaSet. kube-api-access-x2x9z: the volume of its token.
    // rabbit@web-5d9c7b8f6d-x2x9z49575246847780.BUPTMP: a number right behind it.
    private static int PodSuffix(ReadOnlySpan<byte> segment, int at)
    {
        if (at < 2 || segment[at - 1] != '-')
            return 0;
        var first = SafeRun(segment[at..]);
        if (first is >= 8 and <= 10 && at + first < segment.Length && segment[at + first] == '-' && SafeRun(segment[(at + first + 1)..]) >= 5)
            return Ends(segment, at + first + 6) ? first + 6 : 0;
        return first == 5 && at == "kube-api-access-".Length && segment.StartsWith("kube-api-access-"u8) && Ends(segment, at + 5) ? 5 : 0;

        static bool Ends(ReadOnlySpan<byte> text, int at)
        {
            var number = text[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            return number < 0 || text[at + number] is (byte)'_' or (byte)'.' or (byte)'-';
        }
    }

    private static int SafeRun(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExcept(Safe);
        return end < 0 ? text.Length : end;
    }

    private static ReadOnlySpan<byte> HexName(int length) => length switch
    {
        >= 64 => "<hex64>"u8,
        >= 40 => "<hex40>"u8,
        >= 32 => "<hex32>"u8,
        >= 16 => "<hex16>"u8,
        >= 12 => "<hex12>"u8,
        _ => "<hex8>"u8,
    };

    /// <summary>Shannon, bits a byte.</summary>
    private static double Entropy(ReadOnlySpan<byte> run)
    {
        Span<byte> counts = stackalloc byte[128];
        counts.Clear();
        foreach (var b in run)
            counts[b & 127] = (byte)Math.Min(counts[b & 127] + 1, 255);
        var bits = 0.0;
        foreach (var count in counts)
        {
            if (count > 0)
                bits -= (double)count / run.Length * Math.Log2((double)count / run.Length);
        }
        return bits;
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static int Number(ReadOnlySpan<byte> two) => ((two[0] - '0') * 10) + two[1] - '0';
}

/// <summary>What one run is made of.</summary>
internal readonly ref struct RunShape
{
    public RunShape(ReadOnlySpan<byte> run)
    {
        IsWord = !run.IsEmpty;
        var onlyHex = true;
        var wasDigit = false;
        for (var i = 0; i < run.Length; i++)
        {
            var c = (char)run[i];
            if (!char.IsAsciiLetterOrDigit(c))
            {
                IsWord = false;
                return;
            }
            var isDigit = char.IsAsciiDigit(c);
            Switches += i > 0 && isDigit != wasDigit ? 1 : 0;
            wasDigit = isDigit;
            Digits += isDigit ? 1 : 0;
            Letters += isDigit ? 0 : 1;
            Upper += char.IsAsciiLetterUpper(c) ? 1 : 0;
            onlyHex &= char.IsAsciiHexDigit(c);
        }
        IsHex = onlyHex && Digits > 0 && Letters > 0;
    }

    /// <summary>ASCII letters and digits only, at least one.</summary>
    public bool IsWord { get; }
    public bool IsHex { get; }
    public int Digits { get; }
    public int Letters { get; }
    public int Upper { get; }

    /// <summary>Changes between letter and digit.</summary>
    public int Switches { get; }
}
