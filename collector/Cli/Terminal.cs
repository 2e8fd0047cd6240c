namespace Runtime.Cli;

/// <summary>Where output goes and what it can show.</summary>
/// <param name="Width">Columns; null when it is no terminal: then nothing is cut.</param>
/// <param name="Colours">Only on a terminal, and not with NO_COLOR (no-color.org).</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, int? Width, bool Colours, TimeProvider Time)
{
    public static Terminal OfProcess()
    {
        var isTerminal = !Console.IsOutputRedirected;
        var colours = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

        // A terminal that does not tell its size answers 0.
        return new Terminal(Console.Out, Console.Error, isTerminal ? Math.Max(Console.WindowWidth, 40) : null, colours, TimeProvider.System);
    }
}
