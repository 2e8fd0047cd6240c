using Runtime.V1;

namespace Runtime.Collector.Web.Parts;

/// <summary>Whether a node sees, in one word for a person and one for a colour.</summary>
internal static class AgentState
{
    /// <summary>A call that this kernel does not have loses nothing.</summary>
    public static IEnumerable<AgentSummary.Types.Hook> Missing(AgentSummary agent) => agent.Hooks.Where(hook => !hook.Attached && hook.Loses.Length > 0);

    public static IEnumerable<AgentSummary.Types.Sight> Blind(AgentSummary agent) => agent.Sight.Where(kind => kind.Blind);

    /// <summary>Not stopped by who runs it, and not all that happens is seen.</summary>
    public static bool IsLacking(AgentSummary agent) => !agent.Stopped && (!agent.Connected || Blind(agent).Any() || Missing(agent).Any());

    public static (string Words, string Class) Of(AgentSummary agent) =>
        agent.Stopped && !agent.Connected ? ("stopped", "")
        : !agent.Connected ? ("away", "bad")
        : Blind(agent).Any() ? ("blind", "bad")
        : Missing(agent).Any() ? ("partly", "poor")
        : ("sees", "good");

    public static string Rung(uint rung) => rung switch
    {
        0 => "-",
        1 => "eBPF",
        2 => "proc connector, fanotify, sock_diag",
        _ => "scans of /proc",
    };
}
