using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Query;

/// <summary>What was there when the agent started, in one line: nobody saw it come.</summary>
internal static class StandingText
{
    private const string Since = "since before the agent";

    /// <param name="protocol">"udp " or empty.</param>
    public static string Of(NetworkObservation network, string protocol, string local, string remote) => network.Operation switch
    {
        NetworkOperation.Listen => $"listening on {protocol}{local} {Since}",
        NetworkOperation.Accept => $"connection from {remote} on port {network.LocalPort} {Since}",
        _ => $"connected to {protocol}{remote} {Since}",
    };

    public static string Of(PrivilegeObservation mount) => $"has {PrivilegeNames.MountSource(mount)} ({PrivilegeNames.MountType(mount)}) mounted on {mount.Subject} {Since}";
}
