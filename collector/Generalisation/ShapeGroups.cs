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

    /// <summary>A run that is the same in a quarter of the names is a word: sess-… and log-… are two shapes.</summary>
    private static void Part(List<RunsOfName> names, int least, List<ShapeGroup> groups)
    {
        if (names.Count < least)
        {
            return;
        }

        if (FrequentWord(names, Math.Max(least, names.Count / 4)) is var (at, word))
        {
            Part(names.FindAll(name => name.Run(at).SequenceEqual(word)), least, groups);
            Part(names.FindAll(name => !name.Run(at).SequenceEqual(word)), least, groups);
        }
        else
        {
            groups.Add(Make(names));
        }
    }

    private static (int At, string Word)? FrequentWord(List<RunsOfName> names, int least)
    {
        (int At, string Word, int Count)? best = null;
        for (var at = 0; at < names[0].Runs.Count; at++)
        {
            if (names[0].Runs[at].Class is null)
            {
                continue;
            }

            var most = names.GroupBy(name => name.Run(at).ToString(), StringComparer.Ordinal)
                .Select(word => (Word: word.Key, Count: word.Count()))
                .OrderByDescending(word => word.Count).ThenBy(word => word.Word, StringComparer.Ordinal)
                .First();
            if (most.Count >= least && most.Count < names.Count && most.Count > (best?.Count ?? 0))
            {
                best = (at, most.Word, most.Count);
            }
        }

        return best is var (place, text, _) ? (place, text) : null;
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
            if (names.TrueForAll(name => name.Run(at).SequenceEqual(first.Run(at))))
            {
                segment.Append(first.Run(at));
                templateLength += run.Length;
                continue;
            }

            var prefix = CommonBeginning(names, at);
            var @class = ClassOf(names, at, prefix);
            var length = run.Length - prefix;
            var isFixed = @class != RunClass.Digits && names.TrueForAll(name => name.Runs[at].Length == run.Length);
            segment.Append(first.Run(at)[..prefix]).Append(NameShape.Run(@class, isFixed ? length : 0));
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
            length = Math.Min(first[..length].CommonPrefixLength(name.Run(at)), name.Run(at).Length - 1);
        }

        while (length > 0 && char.IsAsciiDigit(first[length - 1]))
        {
            length--;
        }

        return length >= ShortestPrefix ? length : 0;
    }

    private static RunClass ClassOf(List<RunsOfName> names, int at, int prefix)
    {
        var wide = NameShape.ClassOf(names[0].Run(at)[prefix..])!.Value;
        foreach (var name in names)
        {
            var @class = NameShape.ClassOf(name.Run(at)[prefix..])!.Value;
            wide = @class == wide ? wide : @class == RunClass.Other || wide == RunClass.Other ? RunClass.Other : RunClass.Alnum;
        }

        return wide;
    }
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

    public ReadOnlySpan<char> Run(int at) => Text.AsSpan(_runs[at].Start, _runs[at].Length);
}
