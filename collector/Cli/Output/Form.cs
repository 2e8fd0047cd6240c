namespace Runtime.Cli.Output;

internal enum Form
{
    Table = 0,
    Json = 1,
    Yaml = 2,

    /// <summary>RFC 4180.</summary>
    Csv = 3,
}
