using System.Diagnostics.Metrics;

namespace Runtime.Collector.Notifiers;

/// <summary>What became of attempts, by notifier.</summary>
internal sealed class DeliveryMeter
{
    public const string Name = "Runtime.Collector.Notifiers";

    private readonly Counter<long> _attempts;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _age;

    public DeliveryMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _attempts = meter.CreateCounter<long>("collector.notifier.attempts", "{attempt}", "Attempts to deliver an alert.");
        _dropped = meter.CreateCounter<long>("collector.notifier.dropped", "{message}", "Messages that were removed without having been sent, by reason.");
        _age = meter.CreateHistogram<double>("collector.notifier.delivery.age", "s", "From the outbox row to the receiver's answer.");
    }

    /// <param name="outcome">"delivered", "retry", "rejected", "given_up".</param>
    public void Attempt(string notifier, string outcome) => _attempts.Add(1, new("notifier", notifier), new("outcome", outcome));

    /// <param name="reason">"notifier_removed".</param>
    public void Dropped(string notifier, string reason, long messages) => _dropped.Add(messages, new("notifier", notifier), new("reason", reason));

    public void DeliveredAt(string notifier, TimeSpan age) => _age.Record(age.TotalSeconds, new KeyValuePair<string, object?>("notifier", notifier));
}
