using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Runtime.Collector.Rules;

/// <summary>A piece of a YAML file that knows where it stands. One of <see cref="Text"/>, <see cref="Items"/> and <see cref="Entries"/> is not null.</summary>
/// <remarks>
/// version: 1
/// pool_domains: { add: [pool.example.org] }
/// own:
///   - name: wallet_read      # key "own[0].name", line 4
/// Anchors, aliases and tags are refused: ten lines of them can stand for a gigabyte, or for an object of the program.
/// A file without any content is an empty map.
/// </remarks>
internal sealed class RuleNode
{
    /// <summary>own, a fact, all, a condition, in, a value; a parser that descends for each '[' would end the program.</summary>
    private const int MaxDepth = 8;

    /// <summary>From 1.</summary>
    public required int Line { get; init; }

    /// <summary>The way to it from the top.</summary>
    public required string Key { get; init; }
    public string? Text { get; init; }
    public List<RuleNode>? Items { get; init; }
    public Dictionary<string, RuleNode>? Entries { get; init; }

    /// <summary>"text", "a list" or "a map".</summary>
    public string Shape => Items is not null ? "a list" : Entries is not null ? "a map" : "text";

    /// <returns>Null when the file is no YAML; the fault says where.</returns>
    public static RuleNode? Read(string yaml, RuleFaults faults)
    {
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return new RuleNode { Line = 1, Key = "", Entries = [] };
            }

            parser.Consume<DocumentStart>();
            var root = Node(parser, "", 0, faults);
            parser.Consume<DocumentEnd>();
            if (root is not null && !parser.Accept<StreamEnd>(out var next))
            {
                faults.Add(LineOf(parser.Current), "---", null, "must be one document");
            }

            return root;
        }
        catch (YamlException e)
        {
            faults.Add((int)e.Start.Line, "YAML", null, e.Message);
            return null;
        }
    }

    /// <returns>Null when the rest cannot be told: too deep.</returns>
    private static RuleNode? Node(Parser parser, string key, int depth, RuleFaults faults)
    {
        var line = LineOf(parser.Current);
        if (depth > MaxDepth)
        {
            faults.Add(line, key, null, "is nested deeper than any rule");
            return null;
        }

        if (parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false } or NodeEvent { Tag.IsEmpty: false })
        {
            faults.Add(line, key, null, "anchors (&), aliases (*) and tags (!) are not taken; put text that begins so into quotes");
        }

        if (parser.TryConsume<AnchorAlias>(out _))
        {
            return new RuleNode { Line = line, Key = key, Text = "" };
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new RuleNode { Line = line, Key = key, Text = scalar.Value };
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            return List(parser, key, line, depth, faults);
        }

        parser.Consume<MappingStart>();
        return Map(parser, key, line, depth, faults);
    }

    private static RuleNode? List(Parser parser, string key, int line, int depth, RuleFaults faults)
    {
        var items = new List<RuleNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (Node(parser, string.Create(CultureInfo.InvariantCulture, $"{key}[{items.Count}]"), depth + 1, faults) is not { } item)
            {
                return null;
            }

            items.Add(item);
        }

        return new RuleNode { Line = line, Key = key, Items = items };
    }

    private static RuleNode? Map(Parser parser, string key, int line, int depth, RuleFaults faults)
    {
        var entries = new Dictionary<string, RuleNode>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var name))
            {
                faults.Add(LineOf(parser.Current), key, null, "a key must be text");
                return null;
            }

            var path = key.Length > 0 ? $"{key}.{name.Value}" : name.Value;
            if (Node(parser, path, depth + 1, faults) is not { } value)
            {
                return null;
            }

            if (!entries.TryAdd(name.Value, value))
            {
                faults.Add((int)name.Start.Line, path, null, $"is there already in line {entries[name.Value].Line.ToString(CultureInfo.InvariantCulture)}");
            }
        }

        return new RuleNode { Line = line, Key = key, Entries = entries };
    }

    private static int LineOf(ParsingEvent? at) => (int)(at?.Start.Line ?? 1);
}
