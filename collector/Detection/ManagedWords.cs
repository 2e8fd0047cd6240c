using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What happened inside .NET, as the rest of a sentence: "loaded the assembly Shop.Web from /app/Shop.Web.dll".</summary>
internal static class ManagedWords
{
    /// <param name="show">How text from containers is shown: escaped and shortened for people, or as it is.</param>
    public static string Did(ManagedObservation o, Func<string, string> show) => o.Operation switch
    {
        ManagedOperation.AssemblyFile => $"loaded the assembly {show(o.Name)} from {show(o.Path)}",
        ManagedOperation.AssemblyMemory => $"loaded the assembly {show(o.Name)} from memory, without a file",
        ManagedOperation.AssemblyEmitted => $"made the assembly {show(o.Name)} itself, in memory",
        ManagedOperation.StartupHook => $"runs {show(o.Path)} before its own program ({show(o.Name)})",
        ManagedOperation.Profiler => $"has the profiler {show(o.Path)} inside ({show(o.Name)})",
        ManagedOperation.DiagnosticsClient => "was connected to by somebody through its diagnostics port, which can put code into it",
        ManagedOperation.PortClosed => "keeps its diagnostics port closed: what it loads from memory is not seen",
        _ => "did something inside .NET",
    };
}
