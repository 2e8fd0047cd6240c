using System.Globalization;
using Runtime.Cli.Output;
using Runtime.Collector.Configuration;
using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>Values as the pages show them: text of containers with its control characters escaped, and addresses of pages.</summary>
internal static class Shown
{
    public static string Text(string text) => PrintableText.Escape(text);

    public static string Scope(string id) => Text(Words.Scope(id));

    /// <summary>At most so many characters; the rest is told by three points.</summary>
    public static string Short(string text, int length)
    {
        var shown = Text(text);
        return shown.Length <= length ? shown : string.Concat(shown.AsSpan(0, length - 1), "…");
    }

    public static string IncidentAddress(string id) => "/incidents/" + Uri.EscapeDataString(id);

    public static string DeploymentAddress(string scopeId) => "/deployment?scope=" + Uri.EscapeDataString(scopeId);

    public static string SearchAddress(string query) => "/search?q=" + Uri.EscapeDataString(query);

    /// <summary>A value of the search language that stands for itself alone.</summary>
    public static string Quoted(string value) => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    public static string Share(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    /// <summary>"locked_week" as "locked week".</summary>
    public static string State(string state) => Text(state.Replace('_', ' '));

    /// <summary>For svg: a point is the decimal sign everywhere.</summary>
    public static string Coordinate(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Class of a severity's colour.</summary>
    public static string SeverityClass(Severity severity) => "severity-" + Words.Of(severity);

    /// <summary>Evidence at the collector's cap alerts whatever was learnt.</summary>
    public static string Factor(double factor) => factor >= 1e6 ? "always" : factor >= 1 || factor <= 0 ? "× " + Words.Number(factor) : "÷ " + Words.Number(1 / factor);
}
