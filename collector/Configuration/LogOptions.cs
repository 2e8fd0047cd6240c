namespace Runtime.Collector.Configuration;

internal enum LogFormat
{
    Text = 0,
    Json = 1,
}

/// <summary>What the program says about itself, on standard output.</summary>
internal sealed class LogOptions
{
    public const string Section = "Log";

    /// <summary>Least severe message that is written.</summary>
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary>Text for people, Json (one object a line) for a log store.</summary>
    public LogFormat Format { get; set; }
}
