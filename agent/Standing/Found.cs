using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Standing;

/// <summary>What was there when the agent started. <see cref="Process"/> may have ended since.</summary>
internal abstract record Found(ProcessKey Process);

internal sealed record StandingSocket(ProcessKey Process, NetworkOperation Operation, Socket Socket) : Found(Process);

internal sealed record StandingMount(ProcessKey Process, Mount Mount) : Found(Process);
