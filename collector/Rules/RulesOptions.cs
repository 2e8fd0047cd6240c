namespace Runtime.Collector.Rules;

/// <summary>Facts that need no baseline, and the names that they know. What may be written: rules.md.</summary>
internal sealed class RulesOptions
{
    public const string Section = "Rules";

    /// <summary>YAML file that changes or extends the built-in rules. Read again when it changes; one with faults ends the start, and while the collector runs leaves the old rules in force. Empty: the built-in rules.</summary>
    public string File { get; set; } = "";

    /// <summary>Every fault of the file, each with its line; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        try
        {
            RulesFile.Load(this);
            return [];
        }
        catch (RulesException e)
        {
            return [.. e.Faults.Select(fault => $"{Section}:{nameof(File)} = \"{File}\": {fault}")];
        }
    }
}
