using System.Globalization;
using Orleans.Runtime;
using Orleans.Storage;

namespace Runtime.Collector.Scopes;

/// <summary>Orleans' way to our store, for the one kind of state that there is. The ETag is the state's revision: two activations of a scope cannot both write.</summary>
internal sealed class ScopeStateStorage(IScopeLog log, TimeProvider time) : IGrainStorage
{
    public const string Name = "scopes";

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var state = Own(grainState);
        var stored = await log.LoadAsync(grainId.Key.ToString()!, CancellationToken.None);
        state.State = stored is null ? new ScopeRecord() : new ScopeRecord { Known = true, State = stored.State, AppliedThrough = stored.AppliedThrough };
        state.ETag = Words(stored?.Revision ?? 0);
        state.RecordExists = stored is { Revision: > 0 };
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var state = Own(grainState);
        try
        {
            var revision = await log.SaveAsync(
                grainId.Key.ToString()!, state.State!, long.Parse(state.ETag!, NumberStyles.None, CultureInfo.InvariantCulture), time.GetUtcNow(), CancellationToken.None);
            state.ETag = Words(revision);
            state.RecordExists = true;
        }
        catch (ScopeStateConflictException conflict)
        {
            throw new InconsistentStateException(conflict.Message, conflict);
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        throw new NotSupportedException("what a scope learnt is removed by the store's retention");

    private static IGrainState<ScopeRecord> Own<T>(IGrainState<T> state) =>
        state as IGrainState<ScopeRecord> ?? throw new NotSupportedException($"only {nameof(ScopeRecord)} is stored here, not {typeof(T).Name}");

    private static string Words(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
