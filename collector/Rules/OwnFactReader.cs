using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Rules;

/// <summary>Reads the part "own" of a file of rules.</summary>
internal sealed partial class OwnFactReader(RuleFaults faults)
{
    /// <summary>Each is asked about every observation of its kind.</summary>
    public const int MaxFacts = 256;
    private const int MaxConditions = 32;
    private const int MaxValues = 1000;
    private const int MaxWords = 300;

    private static readonly string[] _factKeys = ["name", "kind", "severity", "technique", "words", "all", "any", "none"];
    private static readonly string[] _conditionKeys = ["field", "is", "in", "like", "under", "from", "to"];
    private static readonly string[] _severities = ["medium", "high", "critical"];

    public IReadOnlyList<OwnFact> Read(RuleNode node)
    {
        var facts = new List<OwnFact>();
        if (node.Items is not { } items || items.Count > MaxFacts)
        {
            faults.Add(node, node.Items is null ? "must be a list of facts" : $"must have at most {MaxFacts} facts");
            return facts;
        }

        foreach (var item in items)
        {
            if (Fact(item) is { } fact)
            {
                if (facts.Exists(other => other.Name == fact.Name))
                {
                    faults.Add(item.Entries!["name"], "is the name of a fact above");
                }

                facts.Add(fact);
            }
        }

        return facts;
    }

    /// <returns>Null when something of it is missing or wrong.</returns>
    private OwnFact? Fact(RuleNode node)
    {
        if (node.Entries is not { } entries)
        {
            faults.Add(node, $"must be a map of {string.Join(", ", _factKeys)}");
            return null;
        }

        RulesReader.Unknown(faults, node.Key, entries, _factKeys);
        var name = Required(node, "name", text => !FactName().IsMatch(text) ? "must be 3 to 48 lower-case letters, digits and _, beginning with a letter"
            : TierZero.All.Contains(text) ? "is the name of a fact of the program" : null);
        var severity = Required(node, "severity", text => _severities.Contains(text) ? null : $"must be one of {string.Join(", ", _severities)}");
        var technique = Optional(node, "technique", text => Technique().IsMatch(text) ? null : "must be an ATT&CK technique, such as T1059 or T1059.004");
        var kind = Required(node, "kind", text => RuleFields.Kinds.Contains(text) ? null : RulesReader.Nearest(text, [.. RuleFields.Kinds], "kind"));

        // Which fields there are, the kind says: without one the rest cannot be checked.
        if (kind is null)
        {
            return null;
        }

        var words = Required(node, "words", text => WordsRule(text, kind));
        var (all, any, none) = (Conditions(node, "all", kind), Conditions(node, "any", kind), Conditions(node, "none", kind));
        if (!entries.ContainsKey("all") && !entries.ContainsKey("any"))
        {
            faults.Add(node.Line, node.Key, null, "must have conditions in all or any: without them it would tell of everything");
        }

        return name is null || severity is null || technique is null || words is null || all is null || any is null || none is null
            ? null
            : new OwnFact(name, kind, Enum.Parse<Severity>(severity, ignoreCase: true), technique, words, all, any, none);
    }

    private static string? WordsRule(string text, string kind)
    {
        if (text.Length is < 3 or > MaxWords)
        {
            return $"must be a sentence of 3 to {MaxWords} characters";
        }

        if (OwnFact.FieldsOf(text) is not { } names)
        {
            return "must close each { with }, around a field's name";
        }

        return names.FirstOrDefault(name => RuleFields.Find(kind, name) is null) is { } unknown
            ? $"names {{{unknown}}}, which {RulesReader.Nearest(unknown, Fields(kind), $"field of {kind}")}" : null;
    }

    /// <returns>Empty when there are none; null when one is wrong.</returns>
    private List<Condition>? Conditions(RuleNode fact, string key, string kind)
    {
        if (!fact.Entries!.TryGetValue(key, out var node))
        {
            return [];
        }

        if (node.Items is not { Count: > 0 and <= MaxConditions } items)
        {
            faults.Add(node, $"must be a list of 1 to {MaxConditions} conditions, such as {{ field: program, is: sh }}");
            return null;
        }

        var conditions = items.Select(item => Condition(item, kind)).OfType<Condition>().ToList();
        return conditions.Count == items.Count ? conditions : null;
    }

    private Condition? Condition(RuleNode node, string kind)
    {
        if (node.Entries is not { } entries)
        {
            faults.Add(node, "must be a map, such as { field: program, is: sh }");
            return null;
        }

        RulesReader.Unknown(faults, node.Key, entries, _conditionKeys);
        var name = Required(node, "field", text => RuleFields.Find(kind, text) is null ? RulesReader.Nearest(text, Fields(kind), $"field of {kind}") : null);
        if (name is null)
        {
            return null;
        }

        var field = RuleFields.Find(kind, name)!;
        var given = entries.Keys.Where(key => key != "field" && _conditionKeys.Contains(key)).ToHashSet(StringComparer.Ordinal);
        if (given.Count > 0 && given.IsSubsetOf(["from", "to"]))
        {
            return Range(node, field);
        }

        if (given.Count != 1)
        {
            faults.Add(node.Line, node.Key, null, "must have one of is, in, like, under, or from and to");
            return null;
        }

        var word = given.Single();
        var values = Values(entries[word], word == "in");
        if (word switch { "like" => Operator.Like, "under" => Operator.Under, _ => Operator.In } is var how && !Takes(field.Type, how))
        {
            faults.Add(entries[word].Line, entries[word].Key, null, $"cannot be asked of {field.Name}: {Offers(field)}");
            return null;
        }

        return values is null ? null : Checked(field, how, values);
    }

    private Condition? Range(RuleNode node, RuleField field)
    {
        var ends = (From: Bound(node, "from", long.MinValue), To: Bound(node, "to", long.MaxValue));
        if (field.Type != FieldType.Number)
        {
            faults.Add(node.Line, node.Key, null, $"from and to cannot be asked of {field.Name}: {Offers(field)}");
            return null;
        }

        if (ends is not ({ } from, { } to))
        {
            return null;
        }

        if (from > to)
        {
            faults.Add(node.Line, node.Key, null, "from must not be above to");
            return null;
        }

        var entries = node.Entries!;
        string[] texts = [entries.GetValueOrDefault("from")?.Text ?? "", entries.GetValueOrDefault("to")?.Text ?? ""];
        return new Condition(field, Operator.Range, texts) { Numbers = [from, to] };
    }

    private long? Bound(RuleNode node, string key, long absent) =>
        !node.Entries!.TryGetValue(key, out var bound) ? absent
        : long.TryParse(bound.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : Refuse<long>(bound, "must be a whole number");

    private T? Refuse<T>(RuleNode node, string rule)
        where T : struct
    {
        faults.Add(node, rule);
        return null;
    }

    /// <summary>One value, or a list of them; "in" wants the list.</summary>
    private List<RuleNode>? Values(RuleNode node, bool wantsList)
    {
        var values = node.Items ?? (node.Text is not null && !wantsList ? [node] : null);
        if (values is not { Count: > 0 and <= MaxValues })
        {
            faults.Add(node, wantsList ? $"must be a list of 1 to {MaxValues} values" : $"must be a value, or a list of 1 to {MaxValues} values");
            return null;
        }

        foreach (var value in values.Where(value => string.IsNullOrEmpty(value.Text)))
        {
            faults.Add(value, "must be text that is not empty");
            return null;
        }

        return values;
    }

    private Condition? Checked(RuleField field, Operator how, List<RuleNode> values)
    {
        var before = faults.All.Count;
        var numbers = new List<long>();
        var networks = new List<IPNetwork>();
        foreach (var value in values)
        {
            var text = value.Text!;
            switch (field.Type)
            {
                case FieldType.Number when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                    numbers.Add(number);
                    break;
                case FieldType.Number:
                    faults.Add(value, "must be a whole number");
                    break;
                case FieldType.Address when IPNetwork.TryParse(text, out var network) || (IPAddress.TryParse(text, out var address) && IPNetwork.TryParse($"{address}/{address.GetAddressBytes().Length * 8}", out network)):
                    networks.Add(network);
                    break;
                case FieldType.Address:
                    faults.Add(value, "must be an address or a network, such as 10.1.2.3 or 10.0.0.0/8");
                    break;
                case FieldType.Flag or FieldType.Choice when !field.Choices.Contains(Form(field, text)):
                    faults.Add(value, RulesReader.Nearest(text, field.Choices, $"value of {field.Name}"));
                    break;
                case FieldType.Path when how == Operator.Under && !text.StartsWith('/'):
                    faults.Add(value, "must be a folder that begins with /");
                    break;
            }
        }

        return faults.All.Count > before ? null : new Condition(field, how, [.. values.Select(value => Form(field, value.Text!))]) { Numbers = numbers, Networks = networks };
    }

    /// <summary>YAML has two words for each of the two.</summary>
    private static string Form(RuleField field, string text) => (field.Type, text) switch
    {
        (FieldType.Flag, "true" or "on") => RuleFields.Yes,
        (FieldType.Flag, "false" or "off") => RuleFields.No,
        _ => text,
    };

    private static bool Takes(FieldType type, Operator how) => how switch
    {
        Operator.Like => type is FieldType.Text or FieldType.Path or FieldType.Name,
        Operator.Under => type is FieldType.Path or FieldType.Name or FieldType.Address,
        _ => true,
    };

    private static string Offers(RuleField field) => field.Type switch
    {
        FieldType.Text => "it is text, with is, in and like",
        FieldType.Path => "it is a path, with is, in, like and under",
        FieldType.Name => "it is a host's name, with is, in, like and under",
        FieldType.Number => "it is a number, with is, in, from and to",
        FieldType.Address => "it is an address, with is, in and under",
        _ => $"it is one of {string.Join(", ", field.Choices)}, with is and in",
    };

    private static string[] Fields(string kind) => [.. RuleFields.Of(kind).Select(field => field.Name)];

    /// <returns>Null when it is missing or wrong.</returns>
    private string? Required(RuleNode node, string key, Func<string, string?> rule)
    {
        if (node.Entries!.ContainsKey(key))
        {
            return Optional(node, key, rule);
        }

        faults.Add(node.Line, $"{node.Key}.{key}", null, "must be set");
        return null;
    }

    /// <returns>Empty when it is not there, null when it is wrong.</returns>
    private string? Optional(RuleNode node, string key, Func<string, string?> rule)
    {
        if (!node.Entries!.TryGetValue(key, out var value))
        {
            return "";
        }

        if (value.Text is not { } text)
        {
            faults.Add(value, $"must be text, not {value.Shape}");
            return null;
        }

        if (rule(text) is not { } words)
        {
            return text;
        }

        faults.Add(value, words);
        return null;
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{2,47}\z")]
    private static partial Regex FactName();

    [GeneratedRegex(@"^T\d{4}(\.\d{3})?\z")]
    private static partial Regex Technique();
}
