using System.Text.Json;
using System.Text.Json.Serialization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

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
internal sealed partial class StoreJson : JsonSerializerContext;
