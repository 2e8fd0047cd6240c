using System.Threading.Channels;
using Google.Protobuf;
using Runtime.Evaluation.Images;
using Runtime.Stack;
using Runtime.V1;
using Severity = Runtime.Evaluation.Scenarios.Severity;

namespace Runtime.Evaluation.Runs;

/// <summary>One alert as it came to the webhook.</summary>
/// <param name="Owner">The deployment's name.</param>
internal sealed record Alert(DateTimeOffset Received, string Incident, string Namespace, string Owner, string Title, IReadOnlyList<string> Containers)
{
    // {"schema":"runtime.alert/1",…,"incident":{"id":"…",…,"title":"…",…,"containers":["…"],…},"scope":{"namespace":"evaluation","ownerName":"nginx",…},…}
    public static Alert Parse(WebhookCall call)
    {
        using var json = call.Json();
        var scope = json.RootElement.GetProperty("scope");
        var incident = json.RootElement.GetProperty("incident");
        return new Alert(
            call.Received,
            incident.GetProperty("id").GetString()!,
            scope.GetProperty("namespace").GetString()!,
            scope.GetProperty("ownerName").GetString()!,
            incident.GetProperty("title").GetString()!,
            [.. incident.GetProperty("containers").EnumerateArray().Select(id => id.GetString()!)]);
    }
}

/// <summary>Collector and agent for one stretch of the evaluation, begun from what another stretch had learnt.</summary>
internal sealed class Watch : IAsyncDisposable
{
    /// <summary>File that <see cref="KeepAsync"/> leaves: the collector's SQLite database.</summary>
    public const string Database = "runtime.db";

    private static readonly TimeSpan AppliedLimit = TimeSpan.FromSeconds(60);

    private readonly RuntimeStack _stack;
    private readonly ChannelReader<WebhookCall> _calls;
    private readonly string? _logs;

    // Alerts about our pods since this watch began; bounded by its length.
    private readonly List<Alert> _alerts = [];

    private Watch(RuntimeStack stack, ChannelReader<WebhookCall> calls, string? logs)
    {
        _stack = stack;
        _calls = calls;
        _logs = logs;
    }

    public Query.QueryClient Query => _stack.Client.Query;

    /// <param name="learnt">Folder that <see cref="KeepAsync"/> filled; null to begin with nothing.</param>
    /// <param name="logs">What both programs printed goes into files that begin so; nowhere when null.</param>
    public static async Task<Watch> StartAsync(StackOptions options, WebhookReceiver receiver, string? learnt, string? logs, CancellationToken cancellationToken)
    {
        while (receiver.Calls.TryRead(out _))
        {
            // Of the watch before.
        }

        var watch = new Watch(RuntimeStack.Prepare(options with { Webhook = receiver.Address }), receiver.Calls, logs);
        try
        {
            foreach (var file in learnt is null ? [] : Directory.EnumerateFiles(learnt))
            {
                File.Copy(file, Path.Combine(watch._stack.Folder, Path.GetFileName(file)));
            }

            await watch._stack.StartCollectorAsync().WaitAsync(cancellationToken);
            await watch._stack.StartAgentAsync().WaitAsync(cancellationToken);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next alert about our pods.</summary>
    /// <exception cref="OperationCanceledException">None came.</exception>
    public async Task<Alert> NextAlertAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var alert = Alert.Parse(await _calls.ReadAsync(cancellationToken));
            if (alert.Namespace == Replica.Namespace)
            {
                _alerts.Add(alert);
                return alert;
            }
        }
    }

    /// <summary>All alerts about our pods so far.</summary>
    public IReadOnlyList<Alert> TakeAlerts()
    {
        while (_calls.TryRead(out var call))
        {
            if (Alert.Parse(call) is { Namespace: Replica.Namespace } alert)
            {
                _alerts.Add(alert);
            }
        }

        return _alerts;
    }

    /// <summary>
    /// Ends the agent in order, which delivers all that it saw, and waits until all of that is judged and sent. What is not reported then will never
    /// be: so silence is proven.
    /// </summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await _stack.Agent!.StopAsync(TimeSpan.FromSeconds(30)).WaitAsync(cancellationToken);
        await CollectorClient.UntilAsync(
            async () => await Query.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellationToken),
            status => status is { EventsWaiting: 0, OutboxWaiting: 0 },
            AppliedLimit,
            "all events are judged and all alerts sent");
        if (_logs is not null)
        {
            await KeepIncidentsAsync(_logs + "-incidents.jsonl", cancellationToken);
        }
    }

    /// <summary>Events that were seen and are gone, of containers and of the host.</summary>
    public async Task<ulong> LostAsync(CancellationToken cancellationToken) =>
        (ulong)(await Query.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellationToken)).Agents.Sum(agent => (decimal)agent.Lost);

    /// <summary>Open incidents of our pods that people were told of, each with its evidence.</summary>
    public async Task<IReadOnlyList<SeenIncident>> IncidentsAsync(CancellationToken cancellationToken)
    {
        var seen = new List<SeenIncident>();
        foreach (var listed in (await OpenAsync(cancellationToken)).Where(incident => incident.Alerted))
        {
            var incident = await Query.GetIncidentAsync(new GetIncidentRequest { Id = listed.Id }, cancellationToken: cancellationToken);
            seen.Add(new SeenIncident(
                incident.Id,
                incident.Title,
                (Severity)incident.Severity,
                [.. incident.Containers],
                [.. incident.Deviations.SelectMany(EvidenceKinds.Of).Distinct()],
                [.. incident.Techniques]));
        }

        return seen;
    }

    /// <summary>
    /// Approves what is told of the way in itself, as an operator does who knows it: a server that starts a shell is odd from the first second, and
    /// would stay so. Answers the incidents' ids.
    /// </summary>
    public async Task<IReadOnlyList<string>> ApproveWayInAsync(CancellationToken cancellationToken)
    {
        var approved = new List<string>();
        foreach (var listed in await OpenAsync(cancellationToken))
        {
            var incident = await Query.GetIncidentAsync(new GetIncidentRequest { Id = listed.Id }, cancellationToken: cancellationToken);
            if (incident.Deviations.Count > 0 && incident.Deviations.All(deviation => deviation.Lineage.Count > 0 && deviation.Lineage[0].Script.StartsWith(TestImage.TaskFolder, StringComparison.Ordinal)))
            {
                await Query.ApproveIncidentAsync(new ApproveIncidentRequest { Id = incident.Id, Note = "the evaluation's way in" }, cancellationToken: cancellationToken);
                approved.Add(incident.Id);
            }
        }

        return approved;
    }

    /// <summary>Closes what is open, so that what comes next is an incident of its own.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        foreach (var incident in await OpenAsync(cancellationToken))
        {
            await Query.CloseIncidentAsync(new CloseIncidentRequest { Id = incident.Id, Verdict = "unknown", Note = "evaluation" }, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Keeps what the collector has learnt, for later watches. Call after <see cref="FinishAsync"/>; it ends the collector.</summary>
    public async Task KeepAsync(string folder)
    {
        await _stack.Collector!.StopAsync(TimeSpan.FromSeconds(30));
        // Not "-shm": SQLite makes it anew, also for whoever only looks in.
        foreach (var file in new[] { Database, Database + "-wal" }.Select(name => Path.Combine(_stack.Folder, name)).Where(File.Exists))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_logs is not null)
        {
            await File.WriteAllTextAsync(_logs + "-agent.log", _stack.Agent?.Output ?? "");
            await File.WriteAllTextAsync(_logs + "-collector.log", _stack.Collector?.Output ?? "");
        }

        await _stack.DisposeAsync();
    }

    /// <summary>Everything that deviated in our pods, whatever became of it: an incident of the API a line, as JSON.</summary>
    private async Task KeepIncidentsAsync(string file, CancellationToken cancellationToken)
    {
        await using var lines = new StreamWriter(file);
        foreach (var listed in await ListAsync("", cancellationToken))
        {
            await lines.WriteLineAsync(JsonFormatter.Default.Format(await Query.GetIncidentAsync(new GetIncidentRequest { Id = listed.Id }, cancellationToken: cancellationToken)));
        }
    }

    private Task<IReadOnlyList<Incident>> OpenAsync(CancellationToken cancellationToken) => ListAsync("open", cancellationToken);

    // "default/evaluation/Deployment/nginx/app"
    private async Task<IReadOnlyList<Incident>> ListAsync(string state, CancellationToken cancellationToken)
    {
        var answer = await Query.ListIncidentsAsync(new ListIncidentsRequest { State = state, PageSize = 1000 }, cancellationToken: cancellationToken);
        return [.. answer.Incidents.Where(incident => incident.ScopeId.Split('/') is [_, Replica.Namespace, ..])];
    }
}
