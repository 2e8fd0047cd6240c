using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runtime.Collector.Incidents;

/// <summary>What a scope keeps of its incidents, as it is saved.</summary>
internal sealed class IncidentTableState
{
    public required IReadOnlyList<HeldIncident> Held { get; init; }
    public required IReadOnlyList<DeviatingProcess> Processes { get; init; }
    public required IReadOnlyList<RecentWrite> Writes { get; init; }

    /// <summary>Null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecentChanges? Changes { get; init; }

    /// <summary>Null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecentLooks? Looks { get; init; }
    public long Evicted { get; init; }
}

[JsonSerializable(typeof(IncidentTableState))]
internal sealed partial class IncidentJson : JsonSerializerContext
{
    /// <summary>Our own state read by ourselves: nothing needs the escapes that HTML would, and texts stay short.</summary>
    public static IncidentJson Compact { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
