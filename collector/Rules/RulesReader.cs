using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Rules;

/// <summary>Makes rules of a file's content, and a fault of everything in it that does not fit.</summary>
/// <param name="onTopOf">What the file changes; null for the file that has to say everything itself.</param>
internal sealed partial class RulesReader(RuleFaults faults, RuleSet? onTopOf)
{
    private const int MaxEntries = 10_000;
    private const string Version = "1";

    private static readonly string[] _keys = ["version", "facts", "miner_programs", "bad_programs", "pool_domains", "pool_ports", "bad_paths", "own"];
    private static readonly string[] _changes = ["add", "remove"];

    /// <returns>Not to be used when there are faults.</returns>
    public RuleSet Read(RuleNode root, string source, string fingerprint)
    {
        if (root.Entries is null)
        {
            faults.Add(root.Line, "the file", null, $"must be a map of {string.Join(", ", _keys)}, not {root.Shape}");
        }

        var entries = root.Entries ?? [];
        Unknown(root, entries, _keys);
        CheckVersion(root, entries.GetValueOrDefault("version"));
        return new RuleSet
        {
            Source = source,
            Fingerprint = fingerprint,
            Off = Switches(entries.GetValueOrDefault("facts")),
            MinerPrograms = Names(entries, "miner_programs", onTopOf?.MinerPrograms, ProgramRule, text => text.ToLowerInvariant()).ToFrozenSet(StringComparer.OrdinalIgnoreCase),
            BadPrograms = Names(entries, "bad_programs", onTopOf?.BadPrograms, ProgramRule, text => text.ToLowerInvariant()).ToFrozenSet(StringComparer.OrdinalIgnoreCase),
            PoolDomains = Names(entries, "pool_domains", onTopOf?.PoolDomains, DomainRule, text => text.ToLowerInvariant()).ToFrozenSet(StringComparer.Ordinal),
            PoolPorts = Names(entries, "pool_ports", onTopOf?.PoolPorts.Select(port => port.ToString(CultureInfo.InvariantCulture)), PortRule, text => text)
                .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0).ToFrozenSet(),
            BadPaths = Paths(entries),
            Own = entries.TryGetValue("own", out var own) ? new OwnFactReader(faults).Read(own) : [],
        };
    }

    private void CheckVersion(RuleNode root, RuleNode? version)
    {
        if (version is null)
        {
            faults.Add(root.Line, "version", null, $"must be set, to {Version}");
        }
        else if (version.Text != Version)
        {
            faults.Add(version, $"must be {Version}: this program reads no other layout");
        }
    }

    /// <summary>Names of the facts that do not count.</summary>
    private FrozenSet<string> Switches(RuleNode? node)
    {
        var off = onTopOf?.Off.ToHashSet(StringComparer.Ordinal) ?? [];
        if (node is { Entries: null })
        {
            faults.Add(node, "must be a map of facts' names to on or off");
        }

        foreach (var (name, value) in node?.Entries ?? [])
        {
            if (!TierZero.All.Contains(name))
            {
                faults.Add(value.Line, value.Key, null, Nearest(name, TierZero.All, "fact"));
            }
            else if (value.Text is "off" or "false")
            {
                off.Add(name);
            }
            else if (value.Text is "on" or "true")
            {
                off.Remove(name);
            }
            else
            {
                faults.Add(value, "must be on or off");
            }
        }

        return off.ToFrozenSet(StringComparer.Ordinal);
    }

    private PathPatterns Paths(Dictionary<string, RuleNode> entries)
    {
        var paths = Names(entries, "bad_paths", onTopOf?.BadPaths.All, PathRule, text => text);
        if (paths.Count(PathPatterns.IsTried) > PathPatterns.MaxTried)
        {
            faults.Add(entries["bad_paths"].Line, "bad_paths", null, $"must have at most {PathPatterns.MaxTried} patterns that are neither a whole path nor */NAME: each is tried at every write");
        }

        return new PathPatterns(paths);
    }

    /// <summary>A list takes the place of the built-in one; a map of add and remove changes it.</summary>
    /// <param name="rule">What is wrong with an entry; null when nothing.</param>
    private HashSet<string> Names(
        Dictionary<string, RuleNode> entries, string key, IEnumerable<string>? before, Func<string, string?> rule, Func<string, string> form)
    {
        var names = before?.ToHashSet(StringComparer.Ordinal) ?? [];
        if (!entries.TryGetValue(key, out var node))
        {
            return names;
        }

        if (node.Items is not null)
        {
            return [.. Entries(node, rule).Select(entry => form(entry.Text!))];
        }

        if (node.Entries is null || before is null)
        {
            faults.Add(node, before is null ? "must be a list" : "must be a list, or a map of add and remove");
            return names;
        }

        Unknown(node, node.Entries, _changes);
        foreach (var entry in node.Entries.TryGetValue("remove", out var remove) ? Entries(remove, rule) : [])
        {
            if (!names.Remove(form(entry.Text!)))
            {
                faults.Add(entry, "is not in the built-in list, so it cannot be removed");
            }
        }

        foreach (var entry in node.Entries.TryGetValue("add", out var add) ? Entries(add, rule) : [])
        {
            if (!names.Add(form(entry.Text!)))
            {
                faults.Add(entry, "is in the built-in list already");
            }
        }

        return names;
    }

    /// <summary>Those without a fault.</summary>
    private List<RuleNode> Entries(RuleNode list, Func<string, string?> rule)
    {
        var good = new List<RuleNode>();
        if (list.Items is not { } items || items.Count > MaxEntries)
        {
            faults.Add(list, list.Items is null ? "must be a list" : $"must have at most {MaxEntries} entries");
            return good;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item.Text is not { } text)
            {
                faults.Add(item, $"must be text, not {item.Shape}");
            }
            else if (rule(text) is { } words)
            {
                faults.Add(item, words);
            }
            else if (!seen.Add(text))
            {
                faults.Add(item, "is there twice");
            }
            else
            {
                good.Add(item);
            }
        }

        return good;
    }

    private void Unknown(RuleNode node, Dictionary<string, RuleNode> entries, string[] known) => Unknown(faults, node.Key, entries, known);

    public static void Unknown(RuleFaults faults, string parent, Dictionary<string, RuleNode> entries, IReadOnlyList<string> known)
    {
        foreach (var (name, value) in entries.Where(entry => !known.Contains(entry.Key)))
        {
            faults.Add(value.Line, value.Key, null, Nearest(name, known, parent.Length > 0 ? $"key of {parent}" : "key"));
        }
    }

    /// <param name="what">"fact", "key of own[0]".</param>
    public static string Nearest(string name, IReadOnlyList<string> known, string what)
    {
        var (nearest, distance) = known.Select(candidate => (candidate, NearestKey.Distance(name, candidate))).MinBy(pair => (pair.Item2, pair.candidate));
        return distance <= Math.Max(2, name.Length / 2)
            ? $"is not a {what}; did you mean {nearest}?"
            : $"is not a {what}; there are {string.Join(", ", known.Order(StringComparer.Ordinal))}";
    }

    private static string? ProgramRule(string text) =>
        text.Length is < 2 or > 64 || text.Contains('/', StringComparison.Ordinal) ? "must be a program's name of 2 to 64 characters, without a folder" : null;

    private static string? DomainRule(string text) =>
        text.Length > 253 || !Domain().IsMatch(text) ? "must be a domain of at least two labels, such as pool.example.org, without *: what is below it counts too" : null;

    private static string? PortRule(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? null : "must be a port from 1 to 65535";

    private static string? PathRule(string text) =>
        (!text.StartsWith('/') && !text.StartsWith("*/", StringComparison.Ordinal)) || text.Length > 4096 || !text.Any(char.IsLetterOrDigit)
            ? "must be a path that begins with / or */ and names something; * is any text, ? any character" : null;

    // RFC 1035 2.3.1, with the '_' that service names have.
    [GeneratedRegex(@"^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex Domain();
}
