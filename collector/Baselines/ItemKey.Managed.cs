using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

internal sealed partial class ItemKey
{
    /// <remarks>
    /// managed  /app/shop|assembly_file|Shop.Web|/app                  an assembly and the folder that it came from
    ///          /app/shop|assembly_file|System.Net.Http|framework      of the framework only what tells what the program can do
    ///          /app/shop|assembly_file|*|framework                    all else of it together: it is loaded as it is needed, month by month
    ///          /app/shop|assembly_memory|Plugin&lt;rand&gt;|
    ///          /app/shop|startup_hook|DOTNET_STARTUP_HOOKS|/hooks/apm.dll
    /// </remarks>
    public ReadOnlySpan<char> Managed(ManagedObservation managed)
    {
        var (name, place) = managed.Operation switch
        {
            ManagedOperation.AssemblyFile when ManagedPlaces.IsFramework(managed.Path) && ManagedPlaces.Ability(managed.Name) is null => ("*", "framework"),
            ManagedOperation.AssemblyFile => (managed.Name, VaryingPath.Type(ManagedPlaces.Of(managed))),
            ManagedOperation.AssemblyMemory or ManagedOperation.AssemblyEmitted => (VaryingPath.Type(managed.Name), ""),
            ManagedOperation.StartupHook or ManagedOperation.Profiler => (managed.Name, VaryingPath.Type(managed.Path)),
            _ => ("", ""),
        };
        Start(ItemKind.Managed);
        Part(managed.Process.Binary);
        Raw("|");
        Raw(OperationName(managed.Operation));
        Raw("|");
        Part(name);
        Raw("|");
        Part(place);
        return Finish();
    }

    public static string OperationName(ManagedOperation operation) => operation switch
    {
        ManagedOperation.AssemblyFile => "assembly_file",
        ManagedOperation.AssemblyMemory => "assembly_memory",
        ManagedOperation.AssemblyEmitted => "assembly_emitted",
        ManagedOperation.StartupHook => "startup_hook",
        ManagedOperation.Profiler => "profiler",
        ManagedOperation.DiagnosticsClient => "diagnostics_client",
        ManagedOperation.PortClosed => "port_closed",
        _ => "unknown",
    };
}
