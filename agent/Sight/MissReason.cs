using Runtime.Agent.Capture;

namespace Runtime.Agent.Sight;

/// <summary>Where on its road a probe's event was lost, told from what the stages counted before and after.</summary>
/// <remarks>Other processes count there too: a stage that counted nothing at all is certain, a later one is the likeliest.</remarks>
internal static class MissReason
{
    /// <summary>The hook that tells each kind of act, and the kind of record that it writes.</summary>
    private static (string Hook, string Record) RoadOf(ProbeKind kind) => kind switch
    {
        ProbeKind.Exec => ("exec", "exec"),
        ProbeKind.Write => ("openat", "file"),
        _ => ("set_state", "network"),
    };

    public static string Of(ProbeKind kind, IReadOnlyList<HookState> hooks, IReadOnlyDictionary<string, ulong> before, IReadOnlyDictionary<string, ulong> after)
    {
        var (hook, record) = RoadOf(kind);
        if (hooks.FirstOrDefault(state => state.Name == hook) is { Attached: false } missing)
            return $"hook {hook} is not attached ({missing.Reason})";
        // The rungs without kernel programs count no hooks.
        if (!after.ContainsKey($"capture.{hook}.seen"))
            return Grew($"capture.{record}.delivered") == 0 ? "no notice and no look told of it" : "its event was lost within the agent";
        if (Grew($"capture.{hook}.seen") == 0)
            return $"the kernel did not run hook {hook}";
        if (Grew($"capture.{hook}.sent") == 0)
            return Grew($"capture.{hook}.no_space") > 0 ? "the ring had no room" : $"hook {hook} sent nothing";
        if (Grew($"capture.{record}.delivered") == 0)
            return Grew($"capture.{record}.undecodable") > 0 ? "its record could not be read" : "the ring is not read";
        return "its event was lost within the agent";

        ulong Grew(string counter) => after.GetValueOrDefault(counter) - before.GetValueOrDefault(counter);
    }
}
