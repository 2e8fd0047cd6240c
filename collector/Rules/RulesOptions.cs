namespace Runtime.Collector.Rules;

/// <summary>Facts that need no baseline, and the names that they know. What may be written: rules.md.</summary>
internal sealed class RulesOptions
{
    public const string Section = "Rules";

    // The file is no setting: a health probe reads the settings too, and must not fail by a file that the running collector refused.

    /// <summary>YAML file that changes or extends the built-in rules. Read again when it changes; one with faults ends the start, and while the collector runs leaves the old rules in force. Empty: the built-in rules.</summary>
    public string File { get; set; } = "";
}
