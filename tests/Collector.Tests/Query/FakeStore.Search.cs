using Runtime.Collector.Query.Search;

namespace Runtime.Collector.Tests.Query;

/// <summary>Answers that a test laid down: what a question means is the real store's to know, and its tests'.</summary>
internal sealed partial class FakeStore
{
    public List<SearchHit> Hits { get; } = [];
    public SightingList Sightings { get; set; } = new(0, 0, [], false, null);

    /// <summary>What the last search asked.</summary>
    public SearchNode? Asked { get; private set; }

    public Task<SearchCursor> BeginAsync(CancellationToken cancellationToken) => Task.FromResult(new SearchCursor(Sample.Noon, Hits.Count, 0, 0));

    public Task<SearchPage> SearchAsync(SearchNode? root, SearchCursor cursor, int limit, CancellationToken cancellationToken)
    {
        Asked = root;
        var from = (int)cursor.Number;
        var rows = Hits.Skip(from).Take(limit).ToList();
        return Task.FromResult(new SearchPage(rows, from + rows.Count < Hits.Count ? cursor with { Time = 1, Number = from + rows.Count } : null));
    }

    public Task<IReadOnlyList<SearchHit>> ReadEventsAfterAsync(SearchNode? root, long afterId, int limit, CancellationToken cancellationToken)
    {
        Asked = root;
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<SearchHit>>([.. _log.Where(observation => observation.Id > afterId).Take(limit).Select(observation => new SearchHit(observation.Last, false, observation, null, null))]);
        }
    }

    public Task<SightingList> FindSightingsAsync(SearchPattern? pattern, SearchValue? network, int limit, CancellationToken cancellationToken) => Task.FromResult(Sightings);

    public Task<IReadOnlyList<string>> FindScopesAsync(SearchNode? root, string after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. Scopes.Select(scope => scope.ScopeId).Order(StringComparer.Ordinal).Where(id => string.CompareOrdinal(id, after) > 0).Take(limit)]);
}
