using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

/// <summary>The log as scopes read it, and where their states are kept. Any thread.</summary>
internal interface IScopeLog
{
    /// <summary>Committed rows of one scope above <paramref name="after"/>, in log order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<LogRow>> ReadAsync(string scopeId, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Scopes whose log goes on behind their stored state.</summary>
    Task<IReadOnlyList<LogPosition>> ListBehindAsync(CancellationToken cancellationToken);

    /// <summary>Every scope of the store.</summary>
    Task<IReadOnlyList<string>> ListScopesAsync(CancellationToken cancellationToken);

    /// <summary>Tells how far a scope is in memory, ahead of its stored state; for figures only.</summary>
    void NoteApplied(string scopeId, long through);

    /// <summary>Null when the scope was never seen.</summary>
    Task<StoredScope?> LoadAsync(string scopeId, CancellationToken cancellationToken);

    /// <summary>For what the scope itself has forgotten. Null when this scope has none of that id.</summary>
    Task<Incident?> FindIncidentAsync(string scopeId, string incidentId, CancellationToken cancellationToken);

    Task<Deviation?> FindDeviationAsync(string scopeId, string deviationId, CancellationToken cancellationToken);

    Task<IReadOnlyList<Deviation>> ListDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken);

    /// <summary>Stores state, outcome, outbox rows and the audit in one transaction. Rows that are there already stay as they are or are brought up to date.</summary>
    /// <returns>The new revision.</returns>
    /// <exception cref="ScopeStateConflictException">The stored revision is another one.</exception>
    /// <exception cref="Storage.StoreUnavailableException">Nothing was kept.</exception>
    Task<long> SaveAsync(string scopeId, ScopeRecord record, long revision, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <param name="Observation">Null when the stored bytes cannot be read.</param>
internal readonly record struct LogRow(long Id, Observation? Observation);

internal readonly record struct LogPosition(string ScopeId, long LastId);

/// <param name="State">What the engine saved; empty before the first time.</param>
/// <param name="Revision">0 before the first time.</param>
internal sealed record StoredScope(byte[] State, long AppliedThrough, long Revision);

/// <summary>Another activation of the scope wrote in between.</summary>
internal sealed class ScopeStateConflictException(string message) : Exception(message);
