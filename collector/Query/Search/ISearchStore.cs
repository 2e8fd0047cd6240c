using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Query.Search;

/// <summary>One record that a search found; one of the three is set.</summary>
/// <param name="Time">Of an event its last sight, of a deviation or incident its first: what the answer is sorted by.</param>
/// <param name="IsNew">Of an event: the first sight of something in its deployment. Deviations are always new.</param>
internal sealed record SearchHit(DateTimeOffset Time, bool IsNew, Observation? Event, Deviation? Deviation, Incident? Incident);

/// <summary>Where an answer goes on, and of which moment it is: what is stored later belongs to no page of it.</summary>
/// <param name="Now">What ages in the question count from.</param>
/// <param name="Events">Highest log id of the answer, as the next two for their tables.</param>
/// <param name="Time">Unix microseconds of the last record that was given; with rank and number its place. Null before the first.</param>
/// <param name="Rank">0 an event, 1 a deviation, 2 an incident.</param>
internal sealed record SearchCursor(DateTimeOffset Now, long Events, long Deviations, long Incidents, long? Time = null, int Rank = 0, long Number = 0);

/// <summary>Newest first.</summary>
/// <param name="Next">Null at the end.</param>
internal sealed record SearchPage(IReadOnlyList<SearchHit> Hits, SearchCursor? Next);

/// <summary>Something seen in one scope.</summary>
/// <param name="Role">"program", "file", "content", "name", "address".</param>
internal sealed record Sighting(string ScopeId, string Role, string Value, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, long Count);

/// <param name="Deployments">That have it.</param>
/// <param name="AllDeployments">That are known.</param>
/// <param name="Sightings">The first seen first.</param>
/// <param name="IsCut">There are more than were asked for; <paramref name="Deployments"/> counts all.</param>
/// <param name="Since">Nothing older is remembered; null: nothing is remembered at all.</param>
internal sealed record SightingList(long Deployments, long AllDeployments, IReadOnlyList<Sighting> Sightings, bool IsCut, DateTimeOffset? Since);

/// <summary>Searching side of the store. Any thread; every method answers from committed data.</summary>
internal interface ISearchStore
{
    /// <summary>The moment of an answer that begins now.</summary>
    Task<SearchCursor> BeginAsync(CancellationToken cancellationToken);

    /// <param name="root">Null: everything but measurements of resources.</param>
    /// <param name="limit">1 to 1000.</param>
    /// <exception cref="QueryFault">It took too long.</exception>
    Task<SearchPage> SearchAsync(SearchNode? root, SearchCursor cursor, int limit, CancellationToken cancellationToken);

    /// <summary>Events with a log id above <paramref name="afterId"/>, in the order in which they were stored.</summary>
    /// <exception cref="QueryFault">It took too long.</exception>
    Task<IReadOnlyList<SearchHit>> ReadEventsAfterAsync(SearchNode? root, long afterId, int limit, CancellationToken cancellationToken);

    /// <param name="pattern">Of a path, a content's SHA-256 or a domain; null with a network.</param>
    /// <param name="network">An Address value.</param>
    Task<SightingList> FindSightingsAsync(SearchPattern? pattern, SearchValue? network, int limit, CancellationToken cancellationToken);

    /// <summary>Ids of scopes that fit all the deployment, namespace, cluster, workload, container and image terms, by id; those whose id is above <paramref name="after"/>.</summary>
    Task<IReadOnlyList<string>> FindScopesAsync(SearchNode? root, string after, int limit, CancellationToken cancellationToken);
}
