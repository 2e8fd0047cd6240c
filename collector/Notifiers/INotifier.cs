namespace Runtime.Collector.Notifiers;

/// <summary>What became of one attempt.</summary>
/// <param name="Words">What the receiver answered or why there is no answer; printable, one line, for people.</param>
internal abstract record DeliveryResult(string Words)
{
    /// <summary>The receiver took it.</summary>
    public sealed record Delivered(string Words) : DeliveryResult(Words);

    /// <summary>May work later.</summary>
    /// <param name="After">The receiver's own wish, for everything that goes to it; null when it named none.</param>
    public sealed record Retry(TimeSpan? After, string Words) : DeliveryResult(Words);

    /// <summary>Will not work however often it is tried.</summary>
    public sealed record Rejected(string Words) : DeliveryResult(Words);
}

/// <summary>One way to tell people. Any thread.</summary>
internal interface INotifier
{
    /// <summary>As the operator wrote them: name, what it is for, when it rests.</summary>
    NotifierOptions Options { get; }

    /// <summary>One attempt, bounded in time by the notifier itself. Failures are results; it throws only on cancellation.</summary>
    Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken);
}
