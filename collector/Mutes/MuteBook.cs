using System.Collections.Frozen;

namespace Runtime.Collector.Mutes;

/// <summary>The mutes in force, for scopes that judge. Any thread; readers take one snapshot.</summary>
internal sealed class MuteBook(IMuteLog log, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>One change at a time: the bounds are counted before a mute is stored.</summary>
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly Lock _swap = new();

    // Bounded by Mute.Most and those that expired since the last change. Cleared of them by every change.
    private volatile FrozenDictionary<string, Mute[]> _byScope = FrozenDictionary<string, Mute[]>.Empty;

    /// <summary>Before the first scope is asked: until then every alert is told.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) => Swap(await log.ListActiveAsync(time.GetUtcNow(), cancellationToken));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ScopeMutes Of(string scopeId)
    {
        var now = time.GetUtcNow();
        return _byScope.TryGetValue(scopeId, out var mutes) && mutes.Where(mute => mute.IsActive(now)).ToList() is { Count: > 0 } active ? new ScopeMutes(active) : ScopeMutes.None;
    }

    /// <returns>Null when it was taken; why not otherwise.</returns>
    public async Task<string?> AddAsync(Mute mute, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            var active = Active();
            if (active.Count >= Mute.Most)
            {
                return $"there are {Mute.Most} mutes; remove some";
            }

            if (active.Count(other => other.ScopeId == mute.ScopeId) >= Mute.MostOfScope)
            {
                return $"there are {Mute.MostOfScope} mutes of {mute.ScopeId}; remove some, or approve what is harmless";
            }

            await log.AddAsync(mute, cancellationToken);
            lock (_swap)
            {
                Swap([.. Active(), mute]);
            }

            return null;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <returns>False when it ended before.</returns>
    public async Task<bool> RemoveAsync(Mute mute, string who, CancellationToken cancellationToken)
    {
        var removed = await log.RemoveAsync(mute, who, time.GetUtcNow(), cancellationToken);
        Drop([mute.Id]);
        return removed;
    }

    /// <summary>They ended, and the store has it.</summary>
    public void Drop(IReadOnlyCollection<string> ids)
    {
        if (ids.Count > 0)
        {
            lock (_swap)
            {
                Swap(Active().Where(mute => !ids.Contains(mute.Id)));
            }
        }
    }

    public void Dispose() => _change.Dispose();

    private List<Mute> Active()
    {
        var now = time.GetUtcNow();
        return [.. _byScope.Values.SelectMany(mutes => mutes).Where(mute => mute.IsActive(now))];
    }

    private void Swap(IEnumerable<Mute> mutes) => _byScope = mutes
        .GroupBy(mute => mute.ScopeId, StringComparer.Ordinal)
        .ToFrozenDictionary(scope => scope.Key, scope => scope.OrderBy(mute => mute.Created).ThenBy(mute => mute.Id, StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
}
