using Runtime.Collector.Configuration;

namespace Runtime.Cli.Output;

/// <summary>Pieces of a page for people.</summary>
internal static class Page
{
    public static string Safe(string text) => PrintableText.Escape(text);

    public static void Heading(Terminal terminal, string heading)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(Ink.Bold.Paint(heading, terminal));
    }

    /// <summary>Several lines by design, each escaped, indented by two.</summary>
    public static void Block(Terminal terminal, string lines)
    {
        foreach (var line in lines.TrimEnd('\n').Split('\n'))
        {
            terminal.Out.WriteLine("  " + Safe(line));
        }
    }
}
