using System.Globalization;

namespace Runtime.Collector.Rules;

/// <summary>Everything that is wrong with one file of rules. Bounded by the file's size.</summary>
internal sealed class RuleFaults(string file)
{
    private const int MostShown = 100;

    private readonly List<(int Line, string Words)> _all = [];

    /// <summary>In the order of the lines.</summary>
    public IReadOnlyList<string> All => [.. _all.OrderBy(fault => fault.Line).Select(fault => fault.Words)];

    /// <param name="key">Where in the file: "own[2].all[0].field".</param>
    /// <param name="value">As it stands there; null when there is none.</param>
    /// <param name="rule">What would be right.</param>
    public void Add(int line, string key, string? value, string rule)
    {
        var shown = value is null ? "" : $" = \"{(value.Length <= MostShown ? value : value[..MostShown] + "…")}\"";
        _all.Add((line, string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {key}{shown}: {rule}")));
    }

    public void Add(RuleNode node, string rule) => Add(node.Line, node.Key, node.Text, rule);
}
