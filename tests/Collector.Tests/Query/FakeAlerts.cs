using Runtime.Collector.Mutes;
using Runtime.Collector.Query;

namespace Runtime.Collector.Tests.Query;

/// <summary>The log of deliveries and the mutes in memory, as the contracts say. Any thread.</summary>
internal sealed class FakeAlerts : IDeliveryLog, IMuteLog
{
    private readonly Lock _lock = new();

    public List<DeliveryEntry> Log { get; } = [];
    public List<Mute> Mutes { get; } = [];

    /// <summary>Of every scope.</summary>
    public List<string> Images { get; } = ["sha256:aaaa"];

    public Task<Page<DeliveryEntry>> ListAsync(DeliveryFilter filter, CancellationToken cancellationToken) => Task.FromResult(Page(
        Log.Where(entry => (filter.Notifier.Length == 0 || entry.Notifier == filter.Notifier) && (filter.State.Length == 0 || entry.State == filter.State) && (filter.IncidentId.Length == 0 || entry.IncidentId == filter.IncidentId))
            .OrderByDescending(entry => entry.Id), filter.PageSize, filter.PageToken));

    public Task<IReadOnlyList<DeliveryCount>> CountAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DeliveryCount>>(
        [.. Log.GroupBy(entry => entry.Notifier).Select(of => new DeliveryCount(
            of.Key, of.Count(entry => entry.State == "waiting"), of.Count(entry => entry.State == "failed"), of.Max(entry => entry.Answered), of.MaxBy(entry => entry.Answered)?.Answer ?? ""))]);

    public Task<DeliveryEntry?> FindAsync(long id, CancellationToken cancellationToken) => Task.FromResult(Log.Find(entry => entry.Id == id));

    public Task<bool> RepeatAsync(long id, string who, DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var place = Log.FindIndex(entry => entry.Id == id && entry.State == "failed");
            if (place >= 0)
            {
                Log[place] = Log[place] with { State = "waiting", Due = now };
            }

            return Task.FromResult(place >= 0);
        }
    }

    public Task<IReadOnlyList<Mute>> ListActiveAsync(DateTimeOffset now, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Mute>>([.. Mutes.Where(mute => mute.IsActive(now))]);

    public Task<Page<Mute>> ListAsync(ListFilter filter, bool all, DateTimeOffset now, CancellationToken cancellationToken) => Task.FromResult(Page(
        Mutes.Where(mute => (all || mute.IsActive(now)) && mute.ScopeId.Contains(filter.Scope, StringComparison.Ordinal)).Reverse(), filter.PageSize, filter.PageToken));

    public Task<IReadOnlyList<Mute>> FindAsync(string idPrefix, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Mute>>([.. Mutes.Where(mute => mute.Id.StartsWith(idPrefix, StringComparison.Ordinal)).Take(3)]);

    public Task<IReadOnlyList<string>> ListImagesAsync(string scopeId, DateTimeOffset now, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(Images);

    public Task AddAsync(Mute mute, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Mutes.Add(mute);
        }

        return Task.CompletedTask;
    }

    public Task<bool> RemoveAsync(Mute mute, string who, DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var place = Mutes.FindIndex(other => other.Id == mute.Id && other.IsActive(now));
            if (place >= 0)
            {
                Mutes[place] = Mutes[place] with { Ended = now, EndState = "removed", EndedBy = who };
            }

            return Task.FromResult(place >= 0);
        }
    }

    /// <summary>The token is how many rows to pass over.</summary>
    private static Page<T> Page<T>(IEnumerable<T> all, int size, string token)
    {
        var from = token.Length > 0 ? int.Parse(token, null) : 0;
        var rows = all.Skip(from).Take(size + 1).ToList();
        return new(rows.Take(size).ToList(), rows.Count > size ? $"{from + size}" : "");
    }
}
