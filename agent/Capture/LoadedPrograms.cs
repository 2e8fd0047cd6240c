using System.Text.Json.Serialization;

namespace Runtime.Agent.Capture;

/// <summary>Programs at work in the kernel, by the descriptors of this process that hold them there.</summary>
internal sealed record LoadedPrograms
{
    /// <summary>As HookCatalog.All, in its order; behind them BpfPrograms.OverlayState.</summary>
    public required HookState[] Hooks { get; init; }
    public required Dictionary<string, int> Maps { get; init; }

    /// <summary>In the order of HookCatalog.All; -1 for a hook that is not attached.</summary>
    public required int[] Programs { get; init; }
    public required int[] Links { get; init; }

    [JsonIgnore]
    public IEnumerable<int> Descriptors => Maps.Values.Concat(Programs).Concat(Links).Where(descriptor => descriptor >= 0);
}
