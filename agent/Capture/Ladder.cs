using Runtime.Agent.Capture.Connector;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Containers;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture;

/// <summary>How the agent sees on this node.</summary>
/// <param name="Number">1: programs in the kernel. 2: proc connector, fanotify and sock_diag. 3: scans of /proc.</param>
/// <param name="Reason">Why not a better one, in words; "" on the first.</param>
internal sealed record Rung(int Number, string Reason)
{
    public string Name => Number switch { 1 => "eBPF", 2 => "proc connector, fanotify and sock_diag", _ => "scans of /proc" };
}

/// <summary>Tries the rungs from the best down, and says why it stands where it stands.</summary>
internal static class Ladder
{
    public static readonly Rung Best = new(1, "");

    /// <summary>The best source that works here, or the one that the settings name.</summary>
    /// <exception cref="BpfException">The settings name rung 1, and no program can run here.</exception>
    /// <exception cref="DllNotFoundException">The settings name rung 1, and libbpf is not installed.</exception>
    /// <exception cref="ConnectorException">The settings name rung 2, and the kernel refuses it.</exception>
    public static (IKernelEventSource Source, Rung Rung) Start(CaptureOptions options, ContainerOptions places, CgroupTree tree, IRawRecordSink? tee)
    {
        var reasons = new List<string>();
        if (options.Rung > 1)
            reasons.Add($"the settings name rung {options.Rung}");
        if (options.Rung is 0 or 1)
        {
            try
            {
                var source = BpfEventSource.Start(options, tee);
                if (options.Rung == 1 || WhyBlind(source) is not { } blind)
                    return (source, Best);
                source.Dispose();
                reasons.Add($"rung 1: {blind}");
            }
            catch (Exception e) when (options.Rung == 0 && e is BpfException or DllNotFoundException)
            {
                reasons.Add($"rung 1: {FirstLine(e.Message)}");
            }
        }
        if (options.Rung is 0 or 2)
        {
            try
            {
                return (StartOn(2, options, places, tree), new(2, string.Join("; ", reasons)));
            }
            catch (ConnectorException e) when (options.Rung == 0)
            {
                reasons.Add($"rung 2: {e.Message}");
            }
        }
        return (StartOn(3, options, places, tree), new(3, string.Join("; ", reasons)));
    }

    /// <summary>One of the rungs without programs in the kernel.</summary>
    /// <param name="number">2 or 3.</param>
    /// <exception cref="ConnectorException">The kernel refuses rung 2.</exception>
    public static IKernelEventSource StartOn(int number, CaptureOptions options, ContainerOptions places, CgroupTree tree) =>
        number == 2 ? ConnectorEventSource.Start(options, places, tree) : ScanEventSource.Start(options, places, tree);

    /// <summary>The kernel refused the rung that was asked for: an answer to the operator, not a fault of ours.</summary>
    public static bool IsRefusal(Exception e) => e is BpfException or DllNotFoundException or ConnectorException;

    /// <summary>Programs that load and do not tell of starts are worth less than the next rung, unless an operator switched that off.</summary>
    private static string? WhyBlind(BpfEventSource source) =>
        source.Hooks.FirstOrDefault(h => h is { Name: "exec", Attached: false }) is { } exec && !exec.Reason.StartsWith("switched off", StringComparison.Ordinal)
            ? $"hook exec is not attached ({FirstLine(exec.Reason)})"
            : null;

    private static string FirstLine(string text) => text.AsSpan().IndexOf('\n') is var end and >= 0 ? text[..end] : text;
}
