using System.Globalization;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>Words that every notifier uses alike.</summary>
internal static class AlertWords
{
    public static string Command(Incident incident) => Command(incident.Id);

    public static string Command(string incidentId) => $"runtimectl incidents show {incidentId}";

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Severity(Severity severity) => severity.ToString().ToUpperInvariant();

    /// <summary>"×3.5", "×1,200"; "always alerts" for a fact that needs no baseline.</summary>
    public static string Factor(double factor) => factor >= IncidentWeight.Cap ? "always alerts" : "×" + Number(factor);

    public static string Number(double number) => number switch
    {
        _ when double.IsPositiveInfinity(number) => "∞",
        >= 1e6 or < 0.01 => number.ToString("0.#e+0", CultureInfo.InvariantCulture),
        >= 100 => number.ToString("#,0", CultureInfo.InvariantCulture),
        _ => number.ToString("0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>"web-1, web-2 and 7 more"; "-" when empty.</summary>
    public static string List(IReadOnlyList<string> items, int shown) =>
        items.Count == 0 ? "-" : string.Join(", ", items.Take(shown)) + (items.Count > shown ? $" and {items.Count - shown} more" : "");
}
