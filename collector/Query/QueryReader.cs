using Runtime.Collector.Baselines;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Query;

/// <summary>A scope for a list, with its baseline; null while its state was never written.</summary>
internal sealed record DeploymentRow(ScopeSummary Scope, BaselineView? Baseline);

/// <summary>An incident with everything that belongs to it.</summary>
internal sealed record IncidentDetail(Incident Incident, IReadOnlyList<Deviation> Deviations, IReadOnlyList<DeliveryView> Deliveries);

/// <summary>The questions, answered from the store and the scopes. Filters are checked (<see cref="RequestRules"/>). Any thread.</summary>
internal sealed class QueryReader(IQueryStore store, IScopeDirectory scopes)
{
    // A page of 1000 scopes must not activate 1000 grains at once.
    private const int BaselinesAtOnce = 16;

    private readonly ScopeNames _names = new(store);

    public async Task<Page<DeploymentRow>> ListDeploymentsAsync(ListFilter filter, CancellationToken cancellationToken)
    {
        var page = await PageAsync("deployments", filter, store.ListScopesAsync, cancellationToken);
        var rows = new DeploymentRow[page.Items.Count];
        await Parallel.ForAsync(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = BaselinesAtOnce, CancellationToken = cancellationToken }, async (i, stop) =>
            rows[i] = new(page.Items[i], await scopes.GetBaselineAsync(page.Items[i].ScopeId, stop)));
        return new(rows, page.NextPageToken);
    }

    public Task<Page<ImageSummary>> ListImagesAsync(ListFilter filter, CancellationToken cancellationToken) => PageAsync("images", filter, store.ListImagesAsync, cancellationToken);

    /// <exception cref="QueryFault">No scope, or several, by this name.</exception>
    public async Task<DeploymentRow> GetBaselineAsync(string words, CancellationToken cancellationToken)
    {
        var id = await _names.ResolveAsync(words, cancellationToken);
        var summaries = await store.ListScopesAsync(new ListFilter(RequestRules.MaxPageSize, Scope: id), cancellationToken);
        var baseline = await scopes.GetBaselineAsync(id, cancellationToken);
        return summaries.Items.FirstOrDefault(scope => scope.ScopeId == id) is { } summary
            ? new(summary, baseline)
            : throw new QueryFault(QueryFaultKind.NotFound, $"scope = \"{id}\": the deployment is gone, and its baseline was removed; incidents are kept longer");
    }

    /// <param name="kind">Empty: whichever has the key.</param>
    /// <param name="key">As it is, or as it is shown, with control characters escaped.</param>
    /// <exception cref="QueryFault">No such scope or item, several, or one that was removed already.</exception>
    public async Task<BaselineItemView> RemoveItemAsync(string words, string kind, string key, string who, string reason, CancellationToken cancellationToken)
    {
        var id = await _names.ResolveAsync(words, cancellationToken);
        var items = (await scopes.GetBaselineAsync(id, cancellationToken))?.Items.Where(item => kind.Length == 0 || item.Kind == kind).ToList() ?? [];
        var found = items.FindAll(item => item.Key == key);
        found = found.Count > 0 ? found : items.FindAll(item => PrintableText.Escape(item.Key) == key);
        var item = found switch
        {
            [] => throw new QueryFault(
                QueryFaultKind.NotFound, $"key = \"{key}\": the baseline of {id} has no such item{(kind.Length > 0 ? " of kind " + kind : "")}; it must be the whole key, as GetBaseline shows it"),
            [var one] => one,
            _ => throw QueryFault.Invalid("kind", kind, $"must say which: the key is of the kinds {string.Join(", ", found.Select(item => item.Kind))}"),
        };
        if (item.RemovedAt is { } when)
        {
            throw new QueryFault(QueryFaultKind.NotNow, $"{item.Kind} {key} was removed already, by {item.RemovedBy} at {when:u}");
        }

        return await scopes.RemoveItemAsync(id, item.Kind, item.Key, who, reason, cancellationToken) ?? throw Gone("item", key);
    }

    /// <exception cref="QueryFault">No scope, or several, by this name.</exception>
    public async Task<IReadOnlyList<BaselineItemView>> DecideItemsAsync(string words, IReadOnlyList<ItemDecision> decisions, string who, string reason, CancellationToken cancellationToken)
    {
        var id = await _names.ResolveAsync(words, cancellationToken);
        return await scopes.DecideItemsAsync(id, decisions, who, reason, cancellationToken) ?? throw Gone("deployment", id);
    }

    public async Task<Page<Deviation>> ListDeviationsAsync(ListFilter filter, CancellationToken cancellationToken) =>
        await PageAsync("deviations", await ScopedAsync(filter, cancellationToken), store.ListDeviationsAsync, cancellationToken);

    public async Task<Page<Incident>> ListIncidentsAsync(ListFilter filter, CancellationToken cancellationToken) =>
        await PageAsync("incidents", await ScopedAsync(filter, cancellationToken), store.ListIncidentsAsync, cancellationToken);

    public async Task<Page<Observation>> ListEventsAsync(ListFilter filter, CancellationToken cancellationToken) =>
        await PageAsync("events", await ScopedAsync(filter, cancellationToken), store.ListEventsAsync, cancellationToken);

    public async Task<IncidentDetail> GetIncidentAsync(string idPrefix, CancellationToken cancellationToken) =>
        await DetailAsync(await FindIncidentAsync(idPrefix, cancellationToken), cancellationToken);

    public async Task<IncidentDetail> CloseIncidentAsync(string idPrefix, string verdict, string who, string note, CancellationToken cancellationToken)
    {
        var incident = await FindIncidentAsync(idPrefix, cancellationToken);
        MustBeOpen(incident);
        return await DetailAsync(await scopes.CloseIncidentAsync(incident.ScopeId, incident.Id, verdict, who, note, cancellationToken) ?? throw Gone("incident", incident.Id), cancellationToken);
    }

    public async Task<IncidentDetail> ApproveIncidentAsync(string idPrefix, string who, string note, CancellationToken cancellationToken)
    {
        var incident = await FindIncidentAsync(idPrefix, cancellationToken);
        if (incident.State == IncidentState.Approved)
        {
            MustBeOpen(incident);
        }

        return await DetailAsync(await scopes.ApproveIncidentAsync(incident.ScopeId, incident.Id, who, note, cancellationToken) ?? throw Gone("incident", incident.Id), cancellationToken);
    }

    public async Task<Deviation> ApproveDeviationAsync(string idPrefix, string who, string note, CancellationToken cancellationToken)
    {
        var deviation = One("deviation", idPrefix, await store.FindDeviationsAsync(idPrefix, cancellationToken), found => found.Id);
        return deviation.State == DeviationState.Approved
            ? throw new QueryFault(QueryFaultKind.NotNow, $"deviation {deviation.Id} is approved already")
            : await scopes.ApproveDeviationAsync(deviation.ScopeId, deviation.Id, who, note, cancellationToken) ?? throw Gone("deviation", deviation.Id);
    }

    /// <exception cref="QueryFault">No scope, or several, by this name; no template of this key in its baseline.</exception>
    public async Task<ExpandedView> ExpandItemAsync(string words, string key, string who, string note, CancellationToken cancellationToken)
    {
        var id = await _names.ResolveAsync(words, cancellationToken);
        return await scopes.ExpandItemAsync(id, key, who, note, cancellationToken)
            ?? throw new QueryFault(QueryFaultKind.NotFound, $"key = \"{key}\": the baseline of {id} has no item of this key that stands for several names");
    }

    /// <summary>Turns a short form of a scope into its id.</summary>
    public async Task<ListFilter> ScopedAsync(ListFilter filter, CancellationToken cancellationToken) =>
        filter with { Scope = await _names.ForListAsync(filter.Scope, cancellationToken) };

    private static async Task<Page<T>> PageAsync<T>(
        string list, ListFilter filter, Func<ListFilter, CancellationToken, Task<Page<T>>> read, CancellationToken cancellationToken)
    {
        var page = await read(filter with { PageToken = PageTokens.Unwrap(list, filter, filter.PageToken) }, cancellationToken);
        return page with { NextPageToken = PageTokens.Wrap(list, filter, page.NextPageToken) };
    }

    private async Task<Incident> FindIncidentAsync(string idPrefix, CancellationToken cancellationToken) =>
        One("incident", idPrefix, await store.FindIncidentsAsync(idPrefix, cancellationToken), found => found.Id);

    private async Task<IncidentDetail> DetailAsync(Incident incident, CancellationToken cancellationToken) => new(
        incident, await store.ListIncidentDeviationsAsync(incident.Id, cancellationToken), await store.ListDeliveriesAsync(incident.Id, cancellationToken));

    private static void MustBeOpen(Incident incident)
    {
        if (incident.State != IncidentState.Open)
        {
            var last = incident.Audit is [.., var entry] ? entry : null;
            throw new QueryFault(QueryFaultKind.NotNow,
                $"incident {incident.Id} is {(incident.State == IncidentState.Closed ? "closed" : "approved")} already{(last is null ? "" : $", by {last.Who} at {last.Time:u}")}");
        }
    }

    internal static T One<T>(string what, string idPrefix, IReadOnlyList<T> found, Func<T, string> id) => found.Count switch
    {
        0 => throw new QueryFault(QueryFaultKind.NotFound, $"id = \"{idPrefix}\": no {what} has an id that begins so"),
        1 => found[0],
        _ => found.FirstOrDefault(item => id(item) == idPrefix) is { } exact ? exact
            : throw QueryFault.Invalid("id", idPrefix, $"is the beginning of several {what}s' ids; give more of it: {string.Join(", ", found.Select(id))}"),
    };

    private static QueryFault Gone(string what, string id) => new(QueryFaultKind.NotNow, $"{what} {id} was decided or removed by somebody else just now; look at it again");
}
