using System.Net;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;
using Runtime.Collector.Query;

namespace Runtime.Collector.Storage;

/// <summary>As what something was seen; numbers are kept in the store.</summary>
internal enum SightingRole
{
    Program = 1,
    File = 2,
    Content = 3,
    Name = 4,
    Address = 5,
}

/// <summary>What of an observation is searched by its own field. Null: the observation has none.</summary>
/// <param name="Path">File that was written, loaded, read or asked about; of an exec its script or payload.</param>
/// <param name="Name">Lower case.</param>
/// <param name="Address">16 bytes, IPv4 as mapped IPv6.</param>
internal sealed record FactRow(
    string? Operation, string? Binary, string? Parent, string? Path, string? Sha256, string? Name, byte[]? Address, int? Port, long? Uid)
{
    /// <summary>The address as people write it; null when there is none.</summary>
    public string? AddressText { get; private init; }

    /// <summary>What is remembered of it for longer than the log.</summary>
    public IEnumerable<(SightingRole Role, string Value)> Sightings =>
        new (SightingRole Role, string? Value)[] { (SightingRole.Program, Binary), (SightingRole.File, Path), (SightingRole.Content, Sha256), (SightingRole.Name, Name), (SightingRole.Address, AddressText) }
            .Where(sighting => sighting.Value is not null).Select(sighting => (sighting.Role, sighting.Value!));

    public static FactRow Of(Observation observation)
    {
        var process = observation.Lineage.Count > 0 ? observation.Process : null;
        var row = new FactRow(null, Text(process?.Binary), observation.Lineage.Count > 1 ? Text(observation.Lineage[1].Binary) : null, null, null, null, null, null, process?.Uid);
        return observation switch
        {
            ExecObservation => row with { Path = Text(process!.Payload) ?? Text(process.Script) },
            FileObservation file => row with { Operation = EventText.Snake(file.Operation.ToString()), Path = Text(file.Path) },
            BinaryObservation binary => row with { Path = Text(binary.Path), Sha256 = Text(binary.Sha256) },
            ManagedObservation managed => row with { Operation = EventText.Snake(managed.Operation.ToString()), Path = Text(managed.Path) },
            PrivilegeObservation privilege => row with { Operation = EventText.Snake(privilege.Operation.ToString()), Path = privilege.Subject.StartsWith('/') ? privilege.Subject : null },
            NetworkObservation network => OfNetwork(row, network),
            // The busiest process of a measurement and what a probe runs are no behaviour of the deployment.
            ResourceObservation or SightObservation => row with { Binary = null, Parent = null, Uid = null },
            _ => row,
        };
    }

    private static FactRow OfNetwork(FactRow row, NetworkObservation network)
    {
        var isServer = network.Operation is NetworkOperation.Listen or NetworkOperation.Accept;
        var address = network.Operation == NetworkOperation.Listen ? network.LocalAddress : network.RemoteAddress;
        var port = isServer ? network.LocalPort : network.RemotePort;
        return row with
        {
            Operation = EventText.Snake(network.Operation.ToString()), Name = Text(network.Name.ToLowerInvariant()),
            Address = Bytes(address), AddressText = address?.ToString(), Port = port > 0 ? port : null,
        };
    }

    public static byte[]? Bytes(IPAddress? address) => address?.MapToIPv6().GetAddressBytes();

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
