using System.Buffers;
using System.Text;

namespace Runtime.Collector.Generalisation;

/// <summary>Names of one folder that have one shape.</summary>
/// <param name="Segment">The template that stands for them, as <see cref="NameShape"/> writes it.</param>
/// <param name="SavedBits">
/// What the template's description saves over the names': 5 bits a character and 5 for its end that each name's varying part costs, less the
/// bits that tell one name of the shape from the others (at most 40 each), less 5 bits for each character of the template. Minimum
/// description length (Rissanen, "Modeling by shortest data description", 1978): a few short words are told more shortly one by one.
/// </param>
internal sealed record ShapeGroup(string Segment, IReadOnlyList<string> Names, double SavedBits);

/// <summary>Parts the names of a folder by shape. Deterministic: equal names in any order give equal groups.</summary>
internal static class ShapeGroups
{
    private const double BitsOfCharacter = 5;
    private const double MostBitsOfName = 40;

    /// <summary>A shorter beginning that all names share is chance.</summary>
    private const int ShortestPrefix = 3;

    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static List<ShapeGroup> Of(IEnumerable<string> names, int least)
    {
        var bySignature = new SortedDictionary<string, List<RunsOfName>>(StringComparer.Ordinal);
        foreach (var text in names.Order(StringComparer.Ordinal))
        {
            var name = new RunsOfName(text);
            if (!bySignature.TryGetValue(name.Signature, out var group))
            {
                bySignature.Add(name.Signature, group = []);
            }

            group.Add(name);
        }

        var groups = new List<ShapeGroup>();
        foreach (var group in bySignature.Values)
        {
            Part(group, least, groups);
        }

        return groups;
    }

    /// <summary>Names of one extension whatever their shape; names that begin with a dot are not among them.</summary>
    public static List<ShapeGroup> OfAnyShape(IEnumerable<string> names, int least) => names
        .Where(name => name[0] != '.')
        .GroupBy(name => NameShape.Extension(name).ToString(), StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Where(group => group.Count() >= least)
        .Select(group => new ShapeGroup(
            NameShape.Any + group.Key, [.. group.Order(StringComparer.Ordinal)],
            group.Sum(name => Saved(name.Length - group.Key.Length, BitsOfCharacter * (name.Length - group.Key.Length))) - BitsOfCharacter * (1 + group.Key.Length)))
        .ToList();

    /// <summary>What a quarter of the names share is no part that varies: sess-… and log-… are two shapes, and so are php… and user….</summary>
    private static void Part(List<RunsOfName> names, int least, List<ShapeGroup> groups)
    {
        if (names.Count < least)
        {
            return;
        }

        if (FrequentWord(names, Math.Max(least, names.Count / 4)) is { } word)
        {
            Part(names.FindAll(word.IsIn), least, groups);
            Part(names.FindAll(name => !word.IsIn(name)), least, groups);
        }
        else
        {
            groups.Add(Make(names));
        }
    }

    /// <summary>The run, or beginning of a run, that most names share and not all; null when no part is shared by so many.</summary>
    private static Word? FrequentWord(List<RunsOfName> names, int least)
    {
        Word? best = null;
        var most = 0;
        for (var at = 0; at < names[0].Runs.Count; at++)
        {
            if (names[0].Runs[at].Class is null)
            {
                continue;
            }

            foreach (var isWhole in new[] { true, false })
            {
                var (text, count) = names.Select(name => name.Run(at))
                    .Where(run => isWhole || IsPrefix(run))
                    .GroupBy(run => isWhole ? run : run[..ShortestPrefix], StringComparer.Ordinal)
                    .Select(word => (Text: word.Key, Count: word.Count()))
                    .OrderByDescending(word => word.Count).ThenBy(word => word.Text, StringComparer.Ordinal)
                    .FirstOrDefault();
                if (count >= least && count < names.Count && count > most)
                {
                    best = new Word(at, text, isWhole);
                    most = count;
                }
            }
        }

        return best;

        static bool IsPrefix(string run) => run.Length > ShortestPrefix && !run.AsSpan(0, ShortestPrefix).ContainsAnyExcept(Letters);
    }

    private static ShapeGroup Make(List<RunsOfName> names)
    {
        var first = names[0];
        var segment = new StringBuilder();
        var templateLength = 0;
        var lengths = new int[names.Count];
        var bits = new double[names.Count];
        var end = 0;
        for (var at = 0; at < first.Runs.Count; at++)
        {
            var run = first.Runs[at];
            segment.Append(first.Text.AsSpan(end, run.Start - end));
            templateLength += run.Start - end;
            end = run.Start + run.Length;
            if (names.TrueForAll(name => name.Run(at) == first.Run(at)))
            {
                segment.Append(first.Run(at));
                templateLength += run.Length;
                continue;
            }

            var prefix = CommonBeginning(names, at);
            var @class = ClassOf(names, at, prefix);
            var length = run.Length - prefix;
            var isFixed = @class != RunClass.Digits && names.TrueForAll(name => name.Runs[at].Length == run.Length);
            segment.Append(first.Run(at), 0, prefix).Append(NameShape.Run(@class, isFixed ? length : 0));
            templateLength += prefix + 1;
            for (var i = 0; i < names.Count; i++)
            {
                var varying = names[i].Runs[at].Length - prefix;
                lengths[i] += varying;
                bits[i] += varying * BitsOf(@class);
            }
        }

        segment.Append(first.Text.AsSpan(end));
        templateLength += first.Text.Length - end;
        var saved = -BitsOfCharacter * templateLength;
        for (var i = 0; i < names.Count; i++)
        {
            saved += Saved(lengths[i], bits[i]);
        }

        return new ShapeGroup(segment.ToString(), [.. names.Select(name => name.Text)], saved);
    }

    private static double Saved(int length, double bits) => BitsOfCharacter * (length + 1) - Math.Min(MostBitsOfName, bits);

    private static double BitsOf(RunClass @class) => @class switch { RunClass.Letters => Math.Log2(26), RunClass.Digits => Math.Log2(10), _ => BitsOfCharacter };

    /// <summary>Characters that all begin with and that are a word: digits at its end count something.</summary>
    private static int CommonBeginning(List<RunsOfName> names, int at)
    {
        var first = names[0].Run(at);
        var length = first.Length;
        foreach (var name in names)
        {
            // A rest of nothing would be no run.
            length = Math.Min(first.AsSpan(0, length).CommonPrefixLength(name.Run(at)), name.Run(at).Length - 1);
        }

        while (length > 0 && char.IsAsciiDigit(first[length - 1]))
        {
            length--;
        }

        return length >= ShortestPrefix ? length : 0;
    }

    private static RunClass ClassOf(List<RunsOfName> names, int at, int prefix)
    {
        var wide = NameShape.ClassOf(names[0].Run(at).AsSpan(prefix))!.Value;
        foreach (var name in names)
        {
            var @class = NameShape.ClassOf(name.Run(at).AsSpan(prefix))!.Value;
            wide = @class == wide ? wide : @class == RunClass.Other || wide == RunClass.Other ? RunClass.Other : RunClass.Alnum;
        }

        return wide;
    }
}

/// <summary>A run of many names, or its beginning.</summary>
internal sealed record Word(int At, string Text, bool IsWhole)
{
    public bool IsIn(RunsOfName name) => IsWhole ? name.Run(At) == Text : name.Run(At).Length > Text.Length && name.Run(At).StartsWith(Text, StringComparison.Ordinal);
}

/// <summary>A name, parted into runs.</summary>
internal sealed class RunsOfName
{
    private readonly List<(int Start, int Length, RunClass? Class)> _runs = [];

    public RunsOfName(string text)
    {
        Text = text;
        var extension = text.Length - NameShape.Extension(text).Length;
        var signature = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = NameShape.RunLength(text.AsSpan(at));
            if (length == 0)
            {
                signature.Append(text[at++]);
                continue;
            }

            var run = text.AsSpan(at, length);
            var @class = at > extension ? null : NameShape.ClassOf(run);
            _runs.Add((at, length, @class));
            if (@class is { } varying)
            {
                signature.Append('\0').Append((int)varying);
            }
            else
            {
                signature.Append(run);
            }

            at += length;
        }

        Signature = signature.ToString();
    }

    public string Text { get; }

    /// <summary>Equal for names of one shape: separators, literal runs, classes of the others.</summary>
    public string Signature { get; }

    /// <summary>The class is null for a run that never varies: typed by the agent, or the extension.</summary>
    public IReadOnlyList<(int Start, int Length, RunClass? Class)> Runs => _runs;

    public string Run(int at) => Text.Substring(_runs[at].Start, _runs[at].Length);
}
