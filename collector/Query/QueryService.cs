using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;
using Runtime.V1;

namespace Runtime.Collector.Query;

/// <summary>The shell of <see cref="QueryReader"/>: messages in and out, and who asks. The same methods are served as JSON over HTTP.</summary>
internal sealed class QueryService(
    QueryReader reader, SearchReader searches, ReplayReader replays, EventFollower follower, IQueryStore store, IAgentDirectory agents, INodeSight nodes, INotifierTest notifiers, RulesInForce rules, IHostApplicationLifetime lifetime, TimeProvider time) : V1.Query.QueryBase
{
    /// <summary>A caller that takes nothing for so long is gone or broken.</summary>
    internal static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(30);

    private static readonly string _version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
    private static readonly DateTimeOffset _started = new(global::System.Diagnostics.Process.GetCurrentProcess().StartTime);

    public override async Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context)
    {
        var figures = await store.GetFiguresAsync(context.CancellationToken);
        var known = await store.ListAgentsAsync(context.CancellationToken);
        return new GetStatusResponse
        {
            Version = _version,
            Started = Wire.Time(_started),
            Agents = { known.Select(agent => Wire.Agent(agent, agents.IsConnected(agent.AgentId), agents.LastStatus(agent.AgentId), nodes.View(agent.AgentId))) },
            Deployments = (ulong)figures.Scopes,
            OpenIncidents = (ulong)figures.OpenIncidents,
            EventsStored = (ulong)figures.Events,
            EventsWaiting = (ulong)figures.EventsWaiting,
            OutboxWaiting = (ulong)figures.OutboxWaiting,
            StoreBytes = (ulong)figures.StoreBytes,
            RemovedNotifiers = { RemovedNotifiers.Among(figures.Outbox, notifiers.Names).Select(messages => new V1.RemovedNotifier { Name = messages.Notifier, Waiting = (ulong)messages.Count }) },
            Rules = new RulesStatus { Source = rules.Current.Source, Fingerprint = rules.Current.Fingerprint, Refused = rules.Refused ?? "" },
        };
    }

    public override async Task<ListDeploymentsResponse> ListDeployments(ListDeploymentsRequest request, ServerCallContext context)
    {
        var page = await reader.ListDeploymentsAsync(RequestRules.Filter(request), context.CancellationToken);
        return new ListDeploymentsResponse { Deployments = { page.Items.Select(Wire.Deployment) }, NextPageToken = page.NextPageToken };
    }

    public override async Task<ListImagesResponse> ListImages(ListImagesRequest request, ServerCallContext context)
    {
        var page = await reader.ListImagesAsync(RequestRules.Filter(request), context.CancellationToken);
        return new ListImagesResponse { Images = { page.Items.Select(Wire.Image) }, NextPageToken = page.NextPageToken };
    }

    public override async Task<Baseline> GetBaseline(GetBaselineRequest request, ServerCallContext context) =>
        Wire.Baseline(await reader.GetBaselineAsync(RequestRules.Text("scope", request.Scope), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<ExpandItemResponse> ExpandItem(ExpandItemRequest request, ServerCallContext context) =>
        Wire.Expanded(await reader.ExpandItemAsync(
            RequestRules.Text("scope", request.Scope), RequestRules.ItemKey(request.Key), Who(context), RequestRules.Note(request.Note), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<BaselineItem> RemoveBaselineItem(RemoveBaselineItemRequest request, ServerCallContext context) =>
        Wire.Item(await reader.RemoveItemAsync(
            RequestRules.Text("scope", request.Scope), RequestRules.ItemKind(request.Kind), RequestRules.Key(request.Key), Who(context), RequestRules.Reason(request.Reason), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<DecideItemsResponse> DecideItems(DecideItemsRequest request, ServerCallContext context)
    {
        var changed = await reader.DecideItemsAsync(
            RequestRules.Text("scope", request.Scope), RequestRules.Decisions(request), Who(context), RequestRules.Reason(request.Reason), context.CancellationToken);
        return new DecideItemsResponse { Items = { changed.Select(Wire.Item) } };
    }

    public override async Task<ListDeviationsResponse> ListDeviations(ListDeviationsRequest request, ServerCallContext context)
    {
        var page = await reader.ListDeviationsAsync(RequestRules.Filter(request), context.CancellationToken);
        return new ListDeviationsResponse { Deviations = { page.Items.Select(Wire.Deviation) }, NextPageToken = page.NextPageToken };
    }

    public override async Task<ListIncidentsResponse> ListIncidents(ListIncidentsRequest request, ServerCallContext context)
    {
        var page = await reader.ListIncidentsAsync(RequestRules.Filter(request), context.CancellationToken);
        return new ListIncidentsResponse { Incidents = { page.Items.Select(Wire.Incident) }, NextPageToken = page.NextPageToken };
    }

    public override async Task<Incident> GetIncident(GetIncidentRequest request, ServerCallContext context) =>
        Wire.Incident(await reader.GetIncidentAsync(RequestRules.IdPrefix(request.Id), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<Incident> CloseIncident(CloseIncidentRequest request, ServerCallContext context) =>
        Wire.Incident(await reader.CloseIncidentAsync(
            RequestRules.IdPrefix(request.Id), RequestRules.Verdict(request.Verdict), Who(context), RequestRules.Note(request.Note), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<Incident> ApproveIncident(ApproveIncidentRequest request, ServerCallContext context) =>
        Wire.Incident(await reader.ApproveIncidentAsync(RequestRules.IdPrefix(request.Id), Who(context), RequestRules.Note(request.Note), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<Deviation> ApproveDeviation(ApproveDeviationRequest request, ServerCallContext context) =>
        Wire.Deviation(await reader.ApproveDeviationAsync(RequestRules.IdPrefix(request.Id), Who(context), RequestRules.Note(request.Note), context.CancellationToken));

    public override async Task<GetDigestResponse> GetDigest(GetDigestRequest request, ServerCallContext context) =>
        Wire.Digests(await store.GetDigestsAsync(RequestRules.Time("since", request.Since), context.CancellationToken));

    public override async Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context)
    {
        var page = await reader.ListEventsAsync(RequestRules.Filter(request), context.CancellationToken);
        return new ListEventsResponse { Events = { page.Items.Select(Wire.Event) }, NextPageToken = page.NextPageToken };
    }

    public override async Task FollowEvents(ListEventsRequest request, IServerStreamWriter<Event> responseStream, ServerCallContext context)
    {
        var filter = await reader.ScopedAsync(RequestRules.Filter(request), context.CancellationToken);
        await FollowAsync((now, stop) => follower.FollowAsync(filter, now, stop), Wire.Event, responseStream, context);
    }

    public override Task FollowSearch(SearchRequest request, IServerStreamWriter<V1.SearchHit> responseStream, ServerCallContext context) =>
        FollowAsync((now, stop) => searches.Follow(request.Query, now, stop), SearchWire.Hit, responseStream, context);

    private async Task FollowAsync<TRow, TMessage>(
        Func<long, CancellationToken, IAsyncEnumerable<TRow>> follow, Func<TRow, TMessage> wire, IServerStreamWriter<TMessage> responseStream, ServerCallContext context)
    {
        var now = await follower.NowAsync(context.CancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var rows = follow(now, end.Token);

        // A caller waits for the headers to know that nothing escapes it from now on.
        await context.WriteResponseHeadersAsync([]);
        await foreach (var row in rows)
        {
            try
            {
                await responseStream.WriteAsync(wire(row), end.Token).WaitAsync(StallLimit, time);
            }
            catch (TimeoutException)
            {
                throw follower.Stalled(StallLimit);
            }
        }
    }

    public override async Task<SearchResponse> Search(SearchRequest request, ServerCallContext context)
    {
        var answer = await searches.SearchAsync(request.Query, RequestRules.PageSize(request.PageSize), request.PageToken, context.CancellationToken);
        return new SearchResponse { Hits = { answer.Hits.Select(SearchWire.Hit) }, NextPageToken = answer.NextPageToken, Searched = { answer.Searched }, Reasons = { answer.Reasons } };
    }

    public override async Task<FindSightingsResponse> FindSightings(FindSightingsRequest request, ServerCallContext context) => SearchWire.Sightings(
        await searches.FindSightingsAsync(RequestRules.What(request.What), RequestRules.PageSize(request.Limit, "limit"), context.CancellationToken));

    public override async Task<ListNewsResponse> ListNews(ListNewsRequest request, ServerCallContext context)
    {
        var until = RequestRules.Time("until", request.Until) ?? time.GetUtcNow();
        return SearchWire.News(await searches.ListNewsAsync(
            request.Query, RequestRules.Before("since", request.Since, until), until, RequestRules.PageSize(request.PageSize), RequestRules.ScopeToken(request.PageToken), context.CancellationToken));
    }

    public override async Task Replay(ReplayRequest request, IServerStreamWriter<V1.ReplayUpdate> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await foreach (var update in replays.ReplayAsync(ReplayRules.Question(request, time.GetUtcNow()), end.Token))
        {
            await responseStream.WriteAsync(ReplayWire.Update(update), end.Token).WaitAsync(StallLimit, time);
        }
    }

    public override async Task<V1.BudgetOutlook> GetBudgetOutlook(GetBudgetOutlookRequest request, ServerCallContext context)
    {
        var (question, budgets) = ReplayRules.Outlook(request, time.GetUtcNow());
        return ReplayWire.Outlook(await replays.OutlookAsync(question, budgets, context.CancellationToken));
    }

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<TestNotifierResponse> TestNotifier(TestNotifierRequest request, ServerCallContext context)
    {
        var name = RequestRules.Name("name", request.Name);
        var answer = await notifiers.TestAsync(name, context.CancellationToken)
            ?? throw new QueryFault(QueryFaultKind.NotFound, $"name = \"{name}\": {(notifiers.Names.Count == 0 ? "the settings have no notifier" : $"the settings have {string.Join(", ", notifiers.Names)}")}");
        return new TestNotifierResponse { Delivered = answer.Delivered, Answer = answer.Answer, Milliseconds = (uint)Math.Min(answer.Took.TotalMilliseconds, uint.MaxValue) };
    }

    internal static string Who(ServerCallContext context) =>
        context.GetHttpContext().User.Identity?.Name ?? throw new InvalidOperationException("a call came past the authorisation without a caller");
}
