using Runtime.Collector.Incidents;

namespace Runtime.Collector.Query.Replay;

/// <summary>What would have become of a stored incident.</summary>
internal static class StoredVerdict
{
    public static bool DidPage(Incident incident) => incident.AlertedRevision > 0;

    /// <param name="isFact">A fact that pages whatever the budget.</param>
    /// <returns>Null when that cannot be said: it was stored before the collector noted what this needs.</returns>
    public static bool? WouldPage(Incident incident, double budget, bool isFact) =>
        isFact ? true : incident.PagesFrom is { } from ? PagingBudget.Pages(from, budget) : null;
}
