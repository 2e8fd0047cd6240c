using System.Collections.Concurrent;
using Runtime.Collector.Query;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>The open streams: one for each agent. Any thread.</summary>
internal sealed class AgentDirectory(IngestOptions options, IngestMeter meter) : IAgentDirectory
{
    // Bounded by MaxAgents; removed when the stream ends.
    private readonly ConcurrentDictionary<string, AgentSession> _open = new(StringComparer.Ordinal);

    // Bounded as above: an agent's newest status stays after its stream ended, until its place is needed.
    private readonly ConcurrentDictionary<string, AgentStatus> _statuses = new(StringComparer.Ordinal);

    public int Count => _open.Count;

    public bool IsConnected(string agentId) => _open.ContainsKey(agentId);

    /// <summary>The node of the stream that an agent has open; null when it has none.</summary>
    public string? NodeOf(string agentId) => _open.GetValueOrDefault(agentId)?.Node;

    public AgentStatus? LastStatus(string agentId) => _statuses.GetValueOrDefault(agentId);

    public void SetStatus(string agentId, AgentStatus status)
    {
        if (_statuses.Count >= options.MaxAgents && !_statuses.ContainsKey(agentId)
            && _statuses.Keys.FirstOrDefault(id => !_open.ContainsKey(id)) is { } gone)
        {
            _statuses.TryRemove(gone, out _);
        }

        _statuses[agentId] = status;
    }

    /// <summary>
    /// Takes the agent's place. A stream that has it is ended: it is mostly one whose connection died without a word, and it
    /// would keep the agent out until its time-out.
    /// </summary>
    /// <returns>Null when there are too many agents.</returns>
    public AgentSession? Open(AgentIdentity agent)
    {
        var agentId = agent.AgentId;
        var session = new AgentSession(agentId, agent.Node);
        while (true)
        {
            if (_open.TryGetValue(agentId, out var older))
            {
                if (_open.TryUpdate(agentId, session, older))
                {
                    meter.Superseded.Add(1);
                    older.End();
                    return session;
                }
            }
            else if (_open.Count >= options.MaxAgents)
            {
                return null;
            }
            else if (_open.TryAdd(agentId, session))
            {
                return session;
            }
        }
    }

    public void Close(AgentSession session)
    {
        _open.TryRemove(KeyValuePair.Create(session.AgentId, session));
        session.Dispose();
    }
}

/// <summary>One open stream.</summary>
internal sealed class AgentSession(string agentId, string node) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private bool _disposed;

    public string AgentId => agentId;
    public string Node => node;

    /// <summary>Cancelled when a newer stream of the same agent took over.</summary>
    public CancellationToken Ended => _ended.Token;

    public void End()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _ended.Cancel();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _ended.Dispose();
        }
    }
}
