namespace Runtime.Evaluation.Scenarios;

/// <summary>How the script comes to run.</summary>
internal enum Launch
{
    /// <summary>A child of the container's main process, as after a break-in.</summary>
    App,

    /// <summary>Joined from outside, as `kubectl exec` does.</summary>
    Exec,

    /// <summary>Started with the container, from the image.</summary>
    Image,
}

/// <summary>When the script starts.</summary>
internal enum LearningPhase
{
    /// <summary>The deployment was watched for a week of units and is locked.</summary>
    Locked,

    /// <summary>The deployment is new.</summary>
    Learning,
}

/// <summary>Least first, so that they compare. Numbers as in query.proto.</summary>
internal enum Severity
{
    None = 0,
    Info = 1,
    Low = 2,
    Medium = 3,
    High = 4,
    Critical = 5,
}

/// <param name="Kind">One of <see cref="ScenarioHeader.PeerKinds"/>; also the name under which the container reaches it.</param>
internal sealed record Peer(string Kind, int Port);

/// <summary>One file of the folder: an attack, or something harmless.</summary>
/// <param name="Alert">True: it must be reported; false: it must stay silent.</param>
/// <param name="LeastSeverity">With <paramref name="Alert"/>; <see cref="Severity.None"/> else.</param>
/// <param name="Kinds">At least one must be among the evidence; empty asks for none.</param>
/// <param name="Companion">Path in the container of the compiled <paramref name="CompanionSource"/>; null when there is none.</param>
/// <param name="Skip">Why it cannot run; null when it can.</param>
/// <param name="Script">The whole file, header included: a shell takes that for comments.</param>
internal sealed record Scenario(
    string File, string Id, string Title, bool Alert, Severity LeastSeverity, IReadOnlyList<string> Kinds, string Technique, string Image, Launch Launch,
    LearningPhase Phase, int Replicas, IReadOnlyList<Peer> Peers, string? Companion, string? CompanionSource, TimeSpan Timeout, TimeSpan Within, string? Skip, string Script);
