using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Storage;

internal sealed class ThreadStore(Database database) : IThreadLog
{
    public Task<ChatThread?> FindAsync(string notifier, string incidentId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Rows(
            "SELECT channel, ts, revision, severity FROM threads WHERE incident_id = $1 AND notifier = $2",
            reader => new ChatThread(notifier, incidentId, reader.GetString(0), reader.GetString(1), reader.GetInt32(2), (Severity)reader.GetInt32(3)), incidentId, notifier).FirstOrDefault(),
        cancellationToken);

    public Task SaveAsync(ChatThread thread, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute(
            """
            INSERT INTO threads (incident_id, notifier, channel, ts, revision, severity) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (incident_id, notifier) DO UPDATE SET channel = $3, ts = $4, revision = $5, severity = $6
            """, thread.IncidentId, thread.Notifier, thread.Channel, thread.Ts, thread.Revision, (int)thread.Severity),
        cancellationToken);
}
