using Runtime.Collector.Detection;

namespace Runtime.Collector.Incidents;

/// <summary>
/// What people decide, applied to records. Pure, so that it serves incidents that a scope's engine still holds and those that only the store knows.
/// </summary>
internal static class Verdicts
{
    public const string Benign = "benign";

    public static Incident Close(Incident incident, string verdict, string who, string note, DateTimeOffset now) =>
        incident with { State = IncidentState.Closed, Audit = [.. incident.Audit, new AuditEntry(now, who, "closed as " + verdict, note)] };

    /// <summary>The image's trial is over, and nobody objected.</summary>
    public static Incident Accept(Incident incident, DateTimeOffset now) =>
        incident with { State = IncidentState.Closed, Audit = [.. incident.Audit, new AuditEntry(now, "runtime", "accepted", "the image ran for a day and was started twice")] };

    public static Incident Approve(Incident incident, string who, string note, DateTimeOffset now) =>
        incident with { State = IncidentState.Approved, Audit = [.. incident.Audit, new AuditEntry(now, who, "approved", note)] };

    public static Incident ApproveOne(Incident incident, Deviation deviation, bool wasLast, string who, string note, DateTimeOffset now) => incident with
    {
        State = wasLast ? IncidentState.Approved : incident.State,
        Audit = [.. incident.Audit, new AuditEntry(now, who, $"approved {deviation.Kind} {DisplayText.Path(deviation.Key)}", note)],
    };
}
