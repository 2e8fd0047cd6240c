using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Query.Search;

/// <summary>What is new in one deployment.</summary>
/// <param name="Items">By first sight, the oldest first.</param>
/// <param name="MoreItems">Left out.</param>
internal sealed record DeploymentNews(string ScopeId, IReadOnlyList<BaselineItemView> Items, IReadOnlyList<Deviation> Deviations, long MoreItems, bool HasMoreDeviations);

/// <param name="Searched">Deployments of this page that fit the question, with news or without.</param>
internal sealed record NewsPage(IReadOnlyList<DeploymentNews> Deployments, int Searched, string NextPageToken);

/// <param name="Searched">"events", "deviations", "incidents": those that have every field of the query.</param>
/// <param name="Reasons">Of a first page without hits: what keeps them away.</param>
internal sealed record SearchAnswer(IReadOnlyList<SearchHit> Hits, string NextPageToken, IReadOnlyList<string> Searched, IReadOnlyList<string> Reasons);

/// <summary>Searches, and the questions that are one call. Requests are checked (<see cref="RequestRules"/>). Any thread.</summary>
internal sealed class SearchReader(ISearchStore store, IScopeDirectory scopes, EventFollower follower, TimeProvider time)
{
    // Of one deployment: what is longer nobody reads here, and the deployment's own list has it.
    private const int MaxNews = 200;
    private const int ScopesAtOnce = 16;

    // Each costs a search.
    private const int MaxReasons = 6;

    private static readonly TimeSpan _reasonsLimit = TimeSpan.FromSeconds(5);
    private static readonly RecordTypes[] _types = [RecordTypes.Events, RecordTypes.Deviations, RecordTypes.Incidents];

    /// <exception cref="SearchFaultException">The query cannot be asked.</exception>
    /// <exception cref="QueryFault">A token of another query; or it took too long.</exception>
    public async Task<SearchAnswer> SearchAsync(string query, int pageSize, string pageToken, CancellationToken cancellationToken)
    {
        // Read before the store is asked: a query with faults costs nothing.
        var now = time.GetUtcNow();
        var cursor = pageToken.Length > 0 ? SearchTokens.Read(query, pageToken) : null;
        var root = SearchParser.Parse(query, cursor?.Now ?? now);
        cursor ??= await store.BeginAsync(cancellationToken) with { Now = now };
        var page = await store.SearchAsync(root, cursor, pageSize, cancellationToken);
        var searched = _types.Where(type => root?.MayFind(type) != false).Select(SearchFields.Names).ToList();
        return new(page.Hits, SearchTokens.Of(query, page.Next), searched, page.Hits.Count == 0 && pageToken.Length == 0 ? await ReasonsAsync(query, root, cursor, cancellationToken) : []);
    }

    /// <summary>Events that fit and are stored from now on; with "since" also those that are, oldest first. Ends only by the token.</summary>
    /// <param name="now">From <see cref="EventFollower.NowAsync"/>.</param>
    /// <exception cref="SearchFaultException">The query cannot be asked, or of events.</exception>
    public IAsyncEnumerable<SearchHit> Follow(string query, long now, CancellationToken cancellationToken)
    {
        var root = SearchParser.Parse(query, time.GetUtcNow());
        if (root?.MayFind(RecordTypes.Events) == false)
        {
            throw new SearchFaultException(query, [new(0, query.Length, "only events are followed, and no event can have all of it")]);
        }

        var fromStart = root?.Terms.Any(term => term.Field.Name == "since") == true;
        return follower.FollowAsync((position, limit, stop) => store.ReadEventsAfterAsync(root, position, limit, stop), hit => hit.Event!.Id, fromStart, now, cancellationToken);
    }

    /// <param name="what">A path, a SHA-256, a domain (all three with wildcards), an address or a network.</param>
    public Task<SightingList> FindSightingsAsync(string what, int limit, CancellationToken cancellationToken)
    {
        if (SearchValues.NetworkOf(what) is { } network)
        {
            return store.FindSightingsAsync(null, network, limit, cancellationToken);
        }

        // Paths are as they are; contents and domains are kept in lower case. Digests are written with their algorithm in front elsewhere.
        var text = what.StartsWith("sha256:", StringComparison.OrdinalIgnoreCase) ? what[7..] : what;
        text = text.StartsWith('/') ? text : text.ToLowerInvariant();
        return store.FindSightingsAsync(new SearchPattern(text, [.. text.Select(letter => letter is '*' or '?')]), null, limit, cancellationToken);
    }

    /// <summary>Items of baselines and deviations that were first seen between two moments, deployment by deployment.</summary>
    /// <param name="query">Of deployments and their images alone.</param>
    /// <param name="pageSize">Deployments to look at.</param>
    /// <param name="pageToken">Id of the last one that was looked at; empty for the first page.</param>
    public async Task<NewsPage> ListNewsAsync(string query, DateTimeOffset since, DateTimeOffset until, int pageSize, string pageToken, CancellationToken cancellationToken)
    {
        var root = SearchParser.Parse(query, time.GetUtcNow());
        if (root?.Terms.FirstOrDefault(term => !IsOfDeployments(term.Field)) is { } other)
        {
            throw new SearchFaultException(query, [new(other.Column, other.Length, $"{other.Field.Name} says nothing of deployments: cluster, namespace, deployment, workload, container and image, image.registry, image.repository, image.tag do")]);
        }

        var found = await store.FindScopesAsync(root, pageToken, pageSize, cancellationToken);
        var moment = await store.BeginAsync(cancellationToken);
        var news = new DeploymentNews?[found.Count];
        await Parallel.ForAsync(0, found.Count, new ParallelOptions { MaxDegreeOfParallelism = ScopesAtOnce, CancellationToken = cancellationToken }, async (i, stop) =>
            news[i] = await NewsOfAsync(found[i], since, until, moment, stop));
        return new([.. news.OfType<DeploymentNews>()], found.Count, found.Count == pageSize ? found[^1] : "");
    }

    /// <summary>Which of the terms that must all hold keeps everything away: without it there is something, or no deployment fits it.</summary>
    private async Task<IReadOnlyList<string>> ReasonsAsync(string query, SearchNode? root, SearchCursor moment, CancellationToken cancellationToken)
    {
        if (root is not SearchAnd and not SearchTerm)
        {
            return [];
        }

        var parts = root is SearchAnd and ? and.Parts : [root];
        using var limit = new CancellationTokenSource(_reasonsLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        List<string> reasons = [];
        try
        {
            foreach (var term in parts.OfType<SearchTerm>().Take(MaxReasons))
            {
                var written = query.Substring(term.Column, term.Length);
                if (IsOfDeployments(term.Field) && (await store.FindScopesAsync(term, "", 1, either.Token)).Count == 0)
                {
                    reasons.Add($"no deployment fits {written}");
                }
                else if (parts.Count > 1 && new SearchAnd([.. parts.Where(part => part != term)]) is var others
                    && (await store.SearchAsync(others, moment, 1, either.Token)).Hits.Count > 0)
                {
                    reasons.Add($"without {written} there is something");
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or QueryFault && !cancellationToken.IsCancellationRequested)
        {
            // The answer is known; why it is empty is not worth a longer wait.
        }

        return reasons;
    }

    private static bool IsOfDeployments(SearchField field) =>
        field.Name is "cluster" or "namespace" or "deployment" or "workload" or "container" or "image" or "image.registry" or "image.repository" or "image.tag";

    /// <returns>Null: nothing is new.</returns>
    private async Task<DeploymentNews?> NewsOfAsync(string scopeId, DateTimeOffset since, DateTimeOffset until, SearchCursor moment, CancellationToken cancellationToken)
    {
        var items = (await scopes.GetBaselineAsync(scopeId, cancellationToken))?.Items
            .Where(item => item.FirstSeen >= since && item.FirstSeen <= until).OrderBy(item => item.FirstSeen).ThenBy(item => item.Key, StringComparer.Ordinal).ToList() ?? [];
        var root = new SearchAnd([
            new SearchTerm(SearchFields.Find("type")!, [new(Comparison.Equal, "deviation")], 0, 1),
            new SearchTerm(SearchFields.Find("deployment")!, [new(Comparison.Equal, scopeId) { Pattern = SearchPattern.Exactly(scopeId) }], 0, 1),
            new SearchTerm(SearchFields.Find("since")!, [new(Comparison.Equal, "") { Time = since }], 0, 1),
            new SearchTerm(SearchFields.Find("until")!, [new(Comparison.Equal, "") { Time = until }], 0, 1),
        ]);
        var deviations = await store.SearchAsync(root, moment, MaxNews, cancellationToken);
        if (items.Count == 0 && deviations.Hits.Count == 0)
        {
            return null;
        }

        return new(scopeId, [.. items.Take(MaxNews)], [.. deviations.Hits.Select(hit => hit.Deviation!)], Math.Max(0, items.Count - MaxNews), deviations.Next is not null);
    }
}
