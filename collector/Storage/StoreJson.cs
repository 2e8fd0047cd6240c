using System.Text.Json;
using System.Text.Json.Serialization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Mutes;

namespace Runtime.Collector.Storage;

/// <summary>Documents in the store and between scopes. Readers ignore fields that they do not know.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Incident))]
[JsonSerializable(typeof(Deviation))]
[JsonSerializable(typeof(BaselineView))]
[JsonSerializable(typeof(ExpandedView))]
[JsonSerializable(typeof(BaselineItemView))]
[JsonSerializable(typeof(BaselineItemView[]))]
[JsonSerializable(typeof(ItemDecision[]))]
[JsonSerializable(typeof(Digest))]
[JsonSerializable(typeof(Mute))]
internal sealed partial class StoreJson : JsonSerializerContext;
