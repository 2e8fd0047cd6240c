namespace Runtime.Cli;

/// <summary>What scripts can tell apart.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The collector cannot be reached, refused, or failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line, or a value in it, is wrong.</summary>
    public const int Usage = 2;
    public const int NotFound = 3;

    /// <summary>With --fail-on-any: the list is not empty.</summary>
    public const int SomethingFound = 4;
}
