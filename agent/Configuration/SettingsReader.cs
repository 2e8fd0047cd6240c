using System.Globalization;

namespace Runtime.Agent.Configuration;

/// <summary>Reads settings by key; everything that does not fit becomes a fault that names key, value, origin and rule. One thread.</summary>
internal sealed class SettingsReader(IReadOnlyDictionary<string, Setting> settings, List<string> faults)
{
    // Bounded by the program's own settings.
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every key that was asked for.</summary>
    public IReadOnlyCollection<string> Known => _known;

    /// <param name="shortForm">A second, shorter key for the same.</param>
    public string Text(string key, string unset, string? shortForm = null) => (Find(key) ?? (shortForm is null ? null : Find(shortForm))) is { } setting ? One(setting) ?? unset : unset;

    public bool Flag(string key, bool unset) => Parse(key, unset, "must be true or false", bool.TryParse);

    public int Whole(string key, int unset, int minimum, int maximum) =>
        Parse(key, unset, $"must be a whole number from {minimum} to {maximum}", (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= minimum && value <= maximum);

    public TimeSpan Duration(string key, TimeSpan unset, TimeSpan minimum, TimeSpan maximum) =>
        Ranged(key, unset, minimum, maximum, SettingText.DurationRule, SettingText.TryDuration, SettingText.Of);

    public long Size(string key, long unset, long minimum, long maximum) =>
        Ranged(key, unset, minimum, maximum, SettingText.SizeRule, SettingText.TrySize, SettingText.OfSize);

    public T Choice<T>(string key, T unset)
        where T : struct, Enum =>
        Parse(key, unset, $"must be one of {string.Join(", ", Enum.GetNames<T>())}", (string text, out T value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !int.TryParse(text, out _));

    /// <summary>A JSON list, or one text with commas.</summary>
    /// <returns>Null when it is not set.</returns>
    public IReadOnlyList<string>? List(string key) => Find(key) is not { } setting ? null
        : setting.IsList ? setting.Values
        : setting.Values[0].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Call last: what nobody asked for is a fault.</summary>
    public void RefuseUnknown()
    {
        foreach (var setting in settings.Values.Where(s => !_known.Contains(s.Key)).OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var (nearest, distance) = _known.Select(known => (known, Distance(setting.Key, known))).MinBy(pair => (pair.Item2, pair.known));
            var hint = distance <= Math.Max(2, setting.Key.Length / 3) ? $"; did you mean {nearest}?" : "; agent/README.md lists the settings";
            faults.Add($"{setting.Key}{Shown(setting)} ({setting.Origin}): is not a setting{hint}");
        }
    }

    private delegate bool TryParse<T>(string text, out T value);

    private T Ranged<T>(string key, T unset, T minimum, T maximum, string rule, TryParse<T> tryParse, Func<T, string> format)
        where T : IComparable<T>
    {
        if (Find(key) is not { } setting || One(setting) is not { } text)
            return unset;
        if (!tryParse(text, out var value))
            Fault(setting, rule);
        else if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0)
            Fault(setting, $"must be {format(minimum)} to {format(maximum)}");
        else
            return value;
        return unset;
    }

    private T Parse<T>(string key, T unset, string rule, TryParse<T> tryParse)
    {
        if (Find(key) is not { } setting || One(setting) is not { } text)
            return unset;
        if (tryParse(text, out var value))
            return value;
        Fault(setting, rule);
        return unset;
    }

    private Setting? Find(string key)
    {
        _known.Add(key);
        return settings.GetValueOrDefault(key);
    }

    private string? One(Setting setting)
    {
        if (!setting.IsList)
            return setting.Values[0];
        Fault(setting, "must be one value, not a list");
        return null;
    }

    private void Fault(Setting setting, string rule) => faults.Add($"{setting.Key}{Shown(setting)} ({setting.Origin}): {rule}");

    private static string Shown(Setting setting)
    {
        var text = string.Join(", ", setting.Values);
        return $" = \"{(text.Length <= 100 ? text : text[..100] + "…")}\"";
    }

    /// <summary>Levenshtein, letters' case ignored.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }
        return row[right.Length];
    }
}
