using System.Globalization;
using System.Text;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>An incident as one message of RFC 5424, its text JSON (<see cref="Payload"/>) or ArcSight's Common Event Format, revision 26.</summary>
/// <remarks>
/// &lt;83&gt;1 2026-04-01T10:00:00.000000Z node-1 runtime - incident [runtime@32473 incident="inc-1" severity="high" workload="shop/web"] CEF:0|Runtime|…
/// 83 is 10 (security) * 8 + 3 (error). 32473 is the enterprise number that RFC 5612 keeps for examples: we have none of our own.
/// No byte of a container can end a line, a field or a message: control characters are escaped, and each format's own separators too.
/// </remarks>
internal static class SyslogMessage
{
    private const int Facility = 10;
    private const int HostLimit = 255;
    private const int NameLimit = 512;

    public static byte[] From(Delivery delivery, Incident incident, PayloadFormat format, DateTimeOffset now)
    {
        var scope = Scope.Parse(incident.ScopeId);
        var host = incident.Nodes.Count > 0 ? PrintAscii(incident.Nodes[0]) : "-";
        var head = string.Create(CultureInfo.InvariantCulture,
            $"<{Facility * 8 + SeverityOf(incident.Severity)}>1 {now.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'} {host} runtime - incident ");
        var data = $"[runtime@32473 incident=\"{Value(incident.Id)}\" revision=\"{incident.Revision.ToString(CultureInfo.InvariantCulture)}\" severity=\"{incident.Severity.ToString().ToLowerInvariant()}\" workload=\"{Value(scope.DisplayName)}\"] ";
        var text = format == PayloadFormat.Cef ? Cef(incident, scope) : Encoding.UTF8.GetString(Payload.Of(delivery, format));
        return Encoding.UTF8.GetBytes(head + data + text);
    }

    /// <summary>Numerical codes of RFC 5424, 6.2.1.</summary>
    private static int SeverityOf(Severity severity) => severity switch
    {
        Severity.Critical => 2,
        Severity.High => 3,
        Severity.Medium => 4,
        Severity.Low => 5,
        _ => 6,
    };

    /// <summary>CEF:Version|Device Vendor|Device Product|Device Version|Device Event Class ID|Name|Severity|Extension</summary>
    private static string Cef(Incident incident, Scope scope)
    {
        var severity = incident.Severity switch { Severity.Critical => 10, Severity.High => 8, Severity.Medium => 5, Severity.Low => 3, _ => 0 };
        var technique = incident.Techniques.Count > 0 ? incident.Techniques[0] : "incident";
        (string Key, string Value)[] extension =
        [
            ("rt", incident.LastSeen.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
            ("start", incident.FirstSeen.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
            ("externalId", incident.Id),
            ("cnt", incident.Count.ToString(CultureInfo.InvariantCulture)),
            ("dvchost", incident.Nodes.Count > 0 ? incident.Nodes[0] : ""),
            ("cs1Label", "workload"), ("cs1", scope.DisplayName),
            ("cs2Label", "cluster"), ("cs2", scope.Cluster),
            ("cs3Label", "pods"), ("cs3", AlertWords.List(incident.Pods, 10)),
            ("cs4Label", "images"), ("cs4", AlertWords.List(incident.Images, 5)),
            ("cs5Label", "techniques"), ("cs5", string.Join(", ", incident.Techniques)),
            ("cs6Label", "why"), ("cs6", string.Join("; ", incident.Evidence.Select(evidence => evidence.Reason))),
            ("msg", AlertWords.Command(incident)),
        ];
        return string.Create(CultureInfo.InvariantCulture, $"CEF:0|Runtime|Runtime|1|{Header(technique)}|{Header(incident.Title)}|{severity}|")
            + string.Join(' ', extension.Where(pair => pair.Value.Length > 0).Select(pair => $"{pair.Key}={Extension(pair.Value)}"));
    }

    /// <summary>RFC 5424, 6.3.3: '"', '\' and ']' with a backslash before.</summary>
    private static string Value(string text) => PrintableText.Escape(text).Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);

    private static string Header(string text) =>
        DisplayText.Shorten(PrintableText.Escape(text), NameLimit).Replace("\\", @"\\", StringComparison.Ordinal).Replace("|", @"\|", StringComparison.Ordinal);

    private static string Extension(string text) => PrintableText.Escape(text).Replace("\\", @"\\", StringComparison.Ordinal).Replace("=", @"\=", StringComparison.Ordinal);

    /// <summary>HOSTNAME is printable ASCII without spaces.</summary>
    private static string PrintAscii(string name)
    {
        var printable = string.Concat(name.Where(letter => letter is > ' ' and < '\u007f'));
        return printable.Length == 0 ? "-" : printable[..Math.Min(printable.Length, HostLimit)];
    }
}
