using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Storage;

/// <summary>The log's writing side: observations, inventory and the agents' sequences.</summary>
internal sealed class IngestStore(Database database, LogSignal log) : IIngestLog
{
    // An agent that starts anew every minute must not fill the store; the spool of an older epoch than these is stored twice.
    private const int MaxEpochs = 16;

    // Scopes of one node that a loss without an owner is put under.
    private const int MaxNodeScopes = 512;
    private static readonly TimeSpan NodeScopeAge = TimeSpan.FromDays(1);

    /// <remarks>
    /// A new epoch is an agent that was started: since its last word nobody watched the node, which its scopes must know, for a
    /// quiet hour that nobody saw is no quiet hour. (An agent that was only cut off comes back with the same epoch and its spool.)
    /// </remarks>
    public async Task<OpenedEpoch> OpenEpochAsync(AgentIdentity agent, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var opened = await database.WriteAsync(session => Open(session, agent, now), cancellationToken);
        if (opened.Stored.Count > 0)
        {
            log.Raise(opened.Stored[^1].Id);
        }

        return opened;
    }

    private static OpenedEpoch Open(SqlSession session, AgentIdentity agent, DateTimeOffset now)
    {
        var at = now.ToMicros();
        var isNew = session.Number("SELECT 1 FROM epochs WHERE agent_id = $1 AND epoch = $2", agent.AgentId, agent.Epoch) is null;
        var lastWord = session.Number("SELECT last_seen FROM agents WHERE agent_id = $1", agent.AgentId);
        session.Execute("""
            INSERT INTO agents (agent_id, cluster, node, version, kernel_release, boot_id, epoch, first_seen, last_seen, probe_interval_ms, stopped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, 0)
            ON CONFLICT (agent_id) DO UPDATE SET cluster = $2, node = $3, version = $4, kernel_release = $5, boot_id = $6, epoch = $7, last_seen = $8, probe_interval_ms = $9, stopped = 0
            """, agent.AgentId, agent.Cluster, agent.Node, agent.Version, agent.KernelRelease, agent.BootId, agent.Epoch, at, (long)agent.ProbeInterval.TotalMilliseconds);
        session.Execute("""
            INSERT INTO epochs (agent_id, epoch, last_sequence, last_seen) VALUES ($1, $2, 0, $3)
            ON CONFLICT (agent_id, epoch) DO UPDATE SET last_seen = $3
            """, agent.AgentId, agent.Epoch, at);
        session.Execute("""
            DELETE FROM epochs WHERE agent_id = $1 AND epoch NOT IN (SELECT epoch FROM epochs WHERE agent_id = $1 ORDER BY last_seen DESC, epoch LIMIT $2)
            """, agent.AgentId, MaxEpochs);
        var writing = new LogWriting(session, now);
        if (isNew && lastWord < at)
        {
            AppendToNode(session, writing, agent, new NodeLoss("agent", "agent_away", 1, StoreTime.FromMicros(lastWord.Value), now), now);
            writing.Finish();
        }

        return new OpenedEpoch(LastSequence(session, agent), writing.Stored);
    }

    public async Task<CommitResult> CommitAsync(AgentIdentity agent, DecodedBatch batch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Packed here, not on the writer's thread, which everyone waits for.
        var rows = batch.Observations.Select(Row.From).ToArray();
        var result = await database.WriteAsync(session => Commit(session, agent, batch, rows, now), cancellationToken);
        if (result.Stored.Count > 0)
        {
            log.Raise(result.Stored[^1].Id);
        }

        return result;
    }

    public async Task<IReadOnlyList<Observation>> AppendAsync(IReadOnlyList<Observation> observations, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = observations.Select(Row.From).ToArray();
        var stored = await database.WriteAsync(
            session =>
            {
                var writing = new LogWriting(session, now);
                foreach (var row in rows)
                {
                    writing.Append(row);
                }

                writing.Finish();
                return writing.Stored;
            },
            cancellationToken);
        if (stored.Count > 0)
        {
            log.Raise(stored[^1].Id);
        }

        return stored;
    }

    public Task NoteStoppedAsync(AgentIdentity agent, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute("UPDATE agents SET stopped = 1 WHERE agent_id = $1 AND epoch = $2", agent.AgentId, agent.Epoch), cancellationToken);

    private static CommitResult Commit(SqlSession session, AgentIdentity agent, DecodedBatch batch, Row[] rows, DateTimeOffset now)
    {
        if (batch.Sequence <= LastSequence(session, agent))
        {
            return CommitResult.Repeated;
        }

        var writing = new LogWriting(session, now);
        foreach (var seen in batch.Containers)
        {
            writing.Container(agent.AgentId, seen);
        }

        foreach (var row in rows)
        {
            writing.Append(row);
            if (row.Observation is LossObservation loss)
            {
                writing.CountLoss(agent.AgentId, new NodeLoss(loss.Kind, loss.Reason, loss.Count, loss.First, loss.Last));
            }
        }

        foreach (var loss in batch.NodeLosses)
        {
            writing.CountLoss(agent.AgentId, loss);
            AppendToNode(session, writing, agent, loss, now);
        }

        writing.Finish();
        session.Execute("UPDATE epochs SET last_sequence = $3, last_seen = $4 WHERE agent_id = $1 AND epoch = $2", agent.AgentId, agent.Epoch, (long)batch.Sequence, now.ToMicros());
        session.Execute("UPDATE agents SET last_seen = $2 WHERE agent_id = $1", agent.AgentId, now.ToMicros());
        return new CommitResult(false, writing.Stored);
    }

    private static void AppendToNode(SqlSession session, LogWriting writing, AgentIdentity agent, NodeLoss loss, DateTimeOffset now)
    {
        foreach (var scope in NodeScopes(session, agent, now))
        {
            writing.Append(Row.From(new LossObservation
            {
                Scope = scope, AgentId = agent.AgentId, Node = agent.Node, Container = null, Lineage = [],
                First = loss.First, Last = loss.Last, Count = loss.Count, Kind = loss.Kind, Reason = loss.Reason,
            }));
        }
    }

    private static IEnumerable<Scope> NodeScopes(SqlSession session, AgentIdentity agent, DateTimeOffset now) => session.Rows(
        "SELECT DISTINCT s.scope_id FROM containers c JOIN scopes s ON s.number = c.scope WHERE c.agent_id = $1 AND c.last_seen >= $2 LIMIT $3",
        reader => Scope.Parse(reader.GetString(0)), agent.AgentId, (now - NodeScopeAge).ToMicros(), MaxNodeScopes)
        .Append(Owners.Host(agent.Cluster, agent.Node));

    private static ulong LastSequence(SqlSession session, AgentIdentity agent) =>
        (ulong)(session.Number("SELECT last_sequence FROM epochs WHERE agent_id = $1 AND epoch = $2", agent.AgentId, agent.Epoch) ?? 0);

    internal readonly record struct Row(Observation Observation, string Kind, string Text, byte[] Body, FactRow Fact)
    {
        public static Row From(Observation observation) =>
            new(observation, SearchText.Kind(observation), SearchText.Of(observation), ObservationCodec.Encode(observation), FactRow.Of(observation));
    }

    /// <summary>One transaction's rows, with the numbers of the scopes that it names. Bounded by the batch.</summary>
    private sealed class LogWriting(SqlSession session, DateTimeOffset time)
    {
        private readonly long _now = time.ToMicros();
        private readonly FactWriter _facts = new(session, time);
        private readonly Dictionary<string, (long Number, long Last)> _scopes = new(StringComparer.Ordinal);

        public List<Observation> Stored { get; } = [];

        public void Container(string agentId, SeenContainer seen)
        {
            var container = seen.Container;
            session.Execute("""
                INSERT INTO containers (agent_id, container_id, scope, instance, image, image_digest, complete, first_seen, last_seen, image_created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
                ON CONFLICT (agent_id, container_id) DO UPDATE SET scope = $3, instance = $4, image = $5, image_digest = $6, complete = $7, last_seen = $8, image_created = coalesce($9, image_created)
                """,
                agentId, container.Id, ScopeNumber(seen.Scope), container.PodUid.Length > 0 ? container.PodUid : container.Id,
                container.Image, container.ImageDigest, container.Complete ? 1 : 0, _now, container.ImageCreated?.ToMicros());
        }

        public void Append(Row row)
        {
            var scope = ScopeNumber(row.Observation.Scope);
            var id = session.Number(
                "INSERT INTO observations (scope, time, received, kind, text, body) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                scope, row.Observation.Last.ToMicros(), _now, row.Kind, row.Text, row.Body)!.Value;
            _facts.Add(id, scope, row.Kind, row.Observation, row.Fact);
            _scopes[row.Observation.Scope.Id] = (scope, id);
            Stored.Add(row.Observation with { Id = id });
        }

        public void CountLoss(string agentId, NodeLoss loss) => session.Execute("""
            INSERT INTO losses (agent_id, kind, reason, count, first_seen, last_seen) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (agent_id, kind, reason) DO UPDATE SET count = count + $4, last_seen = max(last_seen, $6)
            """, agentId, loss.Kind, loss.Reason, (long)Math.Min(loss.Count, long.MaxValue / 1024), loss.First.ToMicros(), loss.Last.ToMicros());

        public void Finish()
        {
            _facts.Write();
            session.Execute("UPDATE log_size SET rows = rows + $1", Stored.Count);
            foreach (var (number, last) in _scopes.Values)
            {
                session.Execute("UPDATE scopes SET last_seen = $2, last_log = max(last_log, $3) WHERE number = $1", number, _now, last);
            }
        }

        private long ScopeNumber(Scope scope)
        {
            if (!_scopes.TryGetValue(scope.Id, out var known))
            {
                var number = session.Number("SELECT number FROM scopes WHERE scope_id = $1", scope.Id)
                    ?? session.Number("INSERT INTO scopes (scope_id, first_seen, last_seen, last_log) VALUES ($1, $2, $2, 0) RETURNING number", scope.Id, _now)!.Value;
                _scopes.Add(scope.Id, known = (number, 0));
            }

            return known.Number;
        }
    }
}
