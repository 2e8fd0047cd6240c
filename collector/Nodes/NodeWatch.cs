using System.Collections.Concurrent;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Nodes;

/// <summary>Who of the agents sees. What changes goes into the log of the node's own scope, where it is judged like all that happens. Any thread.</summary>
internal sealed partial class NodeWatch(IIngestLog log, IQueryStore store, IScopeDirectory scopes, IngestOptions options, TimeProvider time, ILogger<NodeWatch> logger) : BackgroundService, INodeSight
{
    /// <summary>An agent that was not heard of for longer when the collector starts is not awaited.</summary>
    internal static readonly TimeSpan Awaited = TimeSpan.FromHours(1);
    internal static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    // Bounded by MaxAgents; one that is stopped or makes no probes leaves for another.
    private readonly ConcurrentDictionary<string, Watched> _agents = new(StringComparer.Ordinal);

    public void Opened(AgentIdentity agent)
    {
        var now = time.GetUtcNow();
        if (_agents.Count >= options.MaxAgents && !_agents.ContainsKey(agent.AgentId) && _agents.FirstOrDefault(known => known.Value.IsDone) is { Key: { } gone })
        {
            _agents.TryRemove(gone, out _);
        }

        var watched = _agents.GetOrAdd(agent.AgentId, _ => new Watched(agent.Cluster, agent.Node, new AgentSight(agent.ProbeInterval, now)));
        lock (watched.Gate)
        {
            watched.Sight.Open(agent.ProbeInterval, now);
        }
    }

    /// <param name="inOrder">The agent ended its stream itself: everything was delivered, and it was told to stop.</param>
    public async Task ClosedAsync(AgentIdentity agent, bool inOrder)
    {
        if (!_agents.TryGetValue(agent.AgentId, out var watched))
        {
            return;
        }

        lock (watched.Gate)
        {
            watched.Sight.Close(inOrder);
        }

        if (inOrder)
        {
            await log.NoteStoppedAsync(agent, CancellationToken.None);
        }
    }

    public void Take(AgentIdentity agent, IReadOnlyList<SeenProbe> probes)
    {
        if (probes.Count > 0 && _agents.TryGetValue(agent.AgentId, out var watched))
        {
            lock (watched.Gate)
            {
                watched.Sight.Take(probes, time.GetUtcNow());
            }
        }
    }

    public IReadOnlyList<SightView> View(string agentId)
    {
        if (!_agents.TryGetValue(agentId, out var watched))
        {
            return [];
        }

        lock (watched.Gate)
        {
            return watched.Sight.View();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await AwaitKnownAsync(stoppingToken);
        using var timer = new PeriodicTimer(Round, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (agentId, watched) in _agents)
            {
                await TellAsync(agentId, watched, stoppingToken);
            }
        }
    }

    /// <summary>Agents that were here before the collector started: one that was killed meanwhile is missed too.</summary>
    private async Task AwaitKnownAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var agent in await store.ListAgentsAsync(cancellationToken))
        {
            if (agent is { IsStopped: false } && agent.ProbeInterval > TimeSpan.Zero && now - agent.LastSeen < Awaited && _agents.Count < options.MaxAgents)
            {
                var sight = new AgentSight(agent.ProbeInterval, now);
                sight.Close(inOrder: false);
                _agents.TryAdd(agent.AgentId, new Watched(agent.Cluster, agent.Node, sight));
            }
        }
    }

    private async Task TellAsync(string agentId, Watched watched, CancellationToken cancellationToken)
    {
        IReadOnlyList<SightChange> changes;
        lock (watched.Gate)
        {
            changes = watched.Sight.Judge(time.GetUtcNow());
        }

        if (changes.Count == 0)
        {
            return;
        }

        try
        {
            var stored = await log.AppendAsync([.. changes.Select(change => ToObservation(agentId, watched, change))], time.GetUtcNow(), cancellationToken);
            await scopes.ApplyAsync(stored, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // It stays in `runtimectl agents`; what was stored and not judged the scopes' sweep hands over again.
            Log.NotTold(logger, agentId, watched.Node, failure);
        }

        foreach (var change in changes)
        {
            if (change.IsBlind)
            {
                Log.Blind(logger, agentId, watched.Node, change.Kind, change.Since, change.Reason);
            }
            else
            {
                Log.Sees(logger, agentId, watched.Node, change.Kind, change.Since);
            }
        }
    }

    private SightObservation ToObservation(string agentId, Watched watched, SightChange change)
    {
        var now = time.GetUtcNow();
        return new SightObservation
        {
            Scope = Owners.Host(watched.Cluster, watched.Node), AgentId = agentId, Node = watched.Node, Container = null, First = now, Last = now,
            // The agent stands for what it does not see: there is no process to name.
            Lineage = [new ProcessInfo(0, 0, "agent", [], "", "", 0, 0, 0, uint.MaxValue, ProcessFlags.None, Phase.Host, now)],
            Kind = change.Kind, IsBlind = change.IsBlind, Since = change.Since, Reason = change.Reason,
        };
    }

    private sealed record Watched(string Cluster, string Node, AgentSight Sight)
    {
        public Lock Gate { get; } = new();

        public bool IsDone
        {
            get
            {
                lock (Gate)
                {
                    return Sight.IsStopped || Sight.View().Count == 0;
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3120, LogLevel.Warning, "Agent {AgentId} on {Node} is blind ({Kind}) since {Since:HH:mm:ss}: {Reason}.")]
        public static partial void Blind(ILogger logger, string agentId, string node, string kind, DateTimeOffset since, string reason);

        [LoggerMessage(3121, LogLevel.Information, "Agent {AgentId} on {Node} sees again ({Kind}); it was blind since {Since:HH:mm:ss}.")]
        public static partial void Sees(ILogger logger, string agentId, string node, string kind, DateTimeOffset since);

        [LoggerMessage(3122, LogLevel.Error, "That the sight of agent {AgentId} on {Node} changed did not reach the log.")]
        public static partial void NotTold(ILogger logger, string agentId, string node, Exception failure);
    }
}
