namespace Runtime.Collector.Configuration;

/// <summary>Everything that is wrong with the settings, so that one start shows all of it. Bounded by the settings that were given.</summary>
internal sealed class SettingsFaults
{
    private readonly List<string> _all = [];

    public IReadOnlyList<string> All => _all;

    /// <summary>Two faults of one key stay together: sources are read in the order in which the table of settings lists them.</summary>
    /// <param name="key">As it is written on the command line: "Notifiers:0:Url".</param>
    /// <param name="shown">The value as it may be shown, quoted by the caller; empty when there is none.</param>
    /// <param name="origin">"in FILE", "environment variable X", "command line"; empty when nobody set it.</param>
    /// <param name="rule">What would be right.</param>
    public void Add(string key, string shown, string origin, string rule)
    {
        var value = shown.Length > 0 ? " = " + shown : "";
        var from = origin.Length > 0 ? $" ({origin})" : "";
        _all.Add($"{key}{value}{from}: {rule}");
    }

    public void Add(string words) => _all.Add(words);

    public void AddAll(IEnumerable<string> words) => _all.AddRange(words);
}
