using System.Globalization;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Rules;

/// <summary>Rules as a file would say them on its own: what is printed can be read again, with the same meaning.</summary>
internal static class RulesText
{
    public static void Write(RuleSet rules, TextWriter to)
    {
        to.WriteLine($"# Rules in force: {PrintableText.Escape(rules.Source)} (fingerprint {rules.Fingerprint})");
        to.WriteLine("version: 1");
        to.WriteLine("facts:");
        foreach (var fact in TierZero.All)
        {
            to.WriteLine($"  {fact}: {(rules.IsOn(fact) ? "on" : "off")}");
        }

        List("miner_programs", rules.MinerPrograms.Order(StringComparer.Ordinal), to);
        List("bad_programs", rules.BadPrograms.Order(StringComparer.Ordinal), to);
        List("pool_domains", rules.PoolDomains.Order(StringComparer.Ordinal), to);
        List("pool_ports", rules.PoolPorts.Order().Select(port => port.ToString(CultureInfo.InvariantCulture)), to);
        List("bad_paths", rules.BadPaths.All, to);
        to.WriteLine(rules.Own.Count > 0 ? "own:" : "own: []");
        foreach (var fact in rules.Own)
        {
            to.WriteLine($"  - name: {fact.Name}");
            to.WriteLine($"    kind: {fact.Kind}");
            to.WriteLine($"    severity: {fact.Severity.ToString().ToLowerInvariant()}");
            if (fact.Technique.Length > 0)
            {
                to.WriteLine($"    technique: {fact.Technique}");
            }

            to.WriteLine($"    words: {Quoted(fact.Words)}");
            Conditions("all", fact.All, to);
            Conditions("any", fact.Any, to);
            Conditions("none", fact.None, to);
        }
    }

    private static void List(string key, IEnumerable<string> values, TextWriter to)
    {
        var all = values.ToList();
        to.WriteLine(all.Count > 0 ? $"{key}:" : $"{key}: []");
        foreach (var value in all)
        {
            to.WriteLine($"  - {Quoted(value)}");
        }
    }

    private static void Conditions(string key, IReadOnlyList<Condition> conditions, TextWriter to)
    {
        if (conditions.Count == 0)
        {
            return;
        }

        to.WriteLine($"    {key}:");
        foreach (var condition in conditions)
        {
            to.WriteLine($"      - {{ field: {condition.Field.Name}, {Comparison(condition)} }}");
        }
    }

    private static string Comparison(Condition condition) => condition.Operator switch
    {
        Operator.Range => string.Join(", ", new[] { ("from", condition.Values[0]), ("to", condition.Values[1]) }.Where(end => end.Item2.Length > 0).Select(end => $"{end.Item1}: {end.Item2}")),
        Operator.Like => $"like: {Flow(condition.Values)}",
        Operator.Under => $"under: {Flow(condition.Values)}",
        _ => $"in: {Flow(condition.Values)}",
    };

    private static string Flow(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Quoted))}]";

    /// <summary>YAML 1.2, 7.3.1: within double quotes a backslash begins an escape. What would move a cursor is escaped with them, as YAML knows it.</summary>
    private static string Quoted(string text)
    {
        var quoted = new global::System.Text.StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append((char)rune.Value),
                >= 0x20 and < 0x7f => quoted.Append((char)rune.Value),
                <= 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }

        return quoted.Append('"').ToString();
    }
}
