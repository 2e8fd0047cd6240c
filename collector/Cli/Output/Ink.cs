using Runtime.V1;

namespace Runtime.Cli.Output;

internal enum Ink
{
    None = 0,
    Dim = 2,
    Bold = 1,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
    RedBold = 131,
}

internal static class InkExtensions
{
    /// <summary>ECMA-48 SGR around the text; the text alone where colours are not wanted.</summary>
    public static string Paint(this Ink ink, string text, Terminal terminal) =>
        ink == Ink.None || !terminal.Colours || text.Length == 0 ? text
        : ink == Ink.RedBold ? $"\e[1;31m{text}\e[0m" : $"\e[{(int)ink}m{text}\e[0m";

    public static Ink Of(Severity severity) => severity switch
    {
        Severity.Critical => Ink.RedBold,
        Severity.High => Ink.Red,
        Severity.Medium => Ink.Yellow,
        Severity.Low => Ink.Cyan,
        _ => Ink.None,
    };

    public static Ink OfState(string state) => state switch
    {
        "open" or "failed" or "unstable" or "reopened" or "removed" => Ink.Yellow,
        "locked" or "locked_week" or "delivered" or "approved" => Ink.Green,
        _ => Ink.None,
    };
}
