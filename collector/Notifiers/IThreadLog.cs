using Runtime.Collector.Detection;

namespace Runtime.Collector.Notifiers;

/// <summary>Where in a chat an incident is told.</summary>
/// <param name="Channel">As the chat answered it: an id, where the settings may have a name.</param>
/// <param name="Ts">Of the thread's first message; Slack's id of it.</param>
/// <param name="Revision">Newest one that was told.</param>
/// <param name="Severity">Of that revision.</param>
internal sealed record ChatThread(string Notifier, string IncidentId, string Channel, string Ts, int Revision, Severity Severity);

/// <summary>Threads outlive the program: a later revision finds the message that it updates. Any thread. Goes with the incident.</summary>
internal interface IThreadLog
{
    Task<ChatThread?> FindAsync(string notifier, string incidentId, CancellationToken cancellationToken);
    Task SaveAsync(ChatThread thread, CancellationToken cancellationToken);
}
