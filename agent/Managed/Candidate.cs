using Runtime.Agent.Processes;

namespace Runtime.Agent.Managed;

/// <summary>A process that may be a .NET process.</summary>
/// <param name="IsState">It was there when the agent came.</param>
/// <param name="Likely">It is one: its port is looked for from the beginning.</param>
internal sealed record Candidate(ProcessRecord Process, bool IsState, bool Likely, int Attempt)
{
    /// <summary>Sessions that ended or failed while their process lived.</summary>
    public const int MaxSessions = 8;
    public const int LastAttempt = 100;

    // From one look to the next, milliseconds. On a throttled processor a runtime may take 20 s to open its port.
    private static readonly int[] Likelies = [0, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800];
    private static readonly int[] Others = [15, 160, 800, 4000, 15_000];

    public int Sessions { get; private init; }
    public bool WasFull { get; init; }
    public bool IsLast => Attempt + 1 >= Steps.Length;

    public long Delay => Steps[Math.Min(Attempt, Steps.Length - 1)];

    private int[] Steps => Likely ? Likelies : Others;

    public Candidate Next() => this with { Attempt = Attempt + 1 };

    public Candidate Again() => this with { Sessions = Sessions + 1, Likely = true, Attempt = 0 };

    /// <param name="first">After the first session. A container that is paused answers when it goes on.</param>
    public long RetryDelay(TimeSpan first) => Math.Min(300_000, (long)first.TotalMilliseconds << Sessions);
}
