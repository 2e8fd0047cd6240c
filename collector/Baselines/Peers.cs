using System.Globalization;
using System.Net;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>What kind of address a peer is.</summary>
internal enum PeerKind
{
    Unknown,

    /// <summary>Loopback or the pod's own address.</summary>
    Self,
    Metadata,
    Dns,
    Multicast,
    LinkLocal,
    Private,
    Public,
}

/// <summary>Folds addresses and ports to what a baseline can learn.</summary>
internal static class Peers
{
    public static PeerKind KindOf(NetworkObservation network)
    {
        var address = network.RemoteAddress;
        if (address is null)
        {
            return PeerKind.Unknown;
        }

        // connect(0.0.0.0) reaches the own host.
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(network.LocalAddress)
            || (network.Container is { PodIp.Length: > 0 } container && IsWritten(address, container.PodIp)))
        {
            return PeerKind.Self;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var kind = length == 4 ? KindOfV4(bytes) : KindOfV6(bytes);

        // A resolver on a private address is the cluster's own; one out in the internet is a peer like any other.
        return kind is PeerKind.Private or PeerKind.LinkLocal && network.RemotePort is 53 ? PeerKind.Dns : kind;
    }

    /// <summary>"self", "metadata", "dns 10.96.0.10", "10.1.2.0/24", "203.0.113.0/24", "2001:db8:1::/48" …, written to <paramref name="target"/>.</summary>
    public static ReadOnlySpan<char> Fold(PeerKind kind, IPAddress? address, Span<char> target)
    {
        switch (kind)
        {
            case PeerKind.Unknown: return "unknown";
            case PeerKind.Self: return "self";
            case PeerKind.Metadata: return "metadata";
            case PeerKind.Dns:
                Resolver.CopyTo(target);
                address!.TryFormat(target[Resolver.Length..], out var ofAddress);
                return target[..(Resolver.Length + ofAddress)];
            case PeerKind.Multicast: return "multicast";
            case PeerKind.LinkLocal: return "link-local";
        }

        Span<byte> bytes = stackalloc byte[16];
        address!.TryWriteBytes(bytes, out var length);
        var v6Prefix = kind == PeerKind.Private ? 64 : 48;
        bytes[(length == 4 ? 3 : v6Prefix / 8)..length].Clear();
        var written = 0;
        if (length == 4)
        {
            for (var i = 0; i < 4; i++)
            {
                bytes[i].TryFormat(target[written..], out var digits, provider: CultureInfo.InvariantCulture);
                written += digits;
                target[written] = '.';
                written += i < 3 ? 1 : 0;
            }
        }
        else
        {
            new IPAddress(bytes[..length]).TryFormat(target, out written);
        }

        var suffix = length == 4 ? "/24" : v6Prefix == 64 ? "/64" : "/48";
        suffix.CopyTo(target[written..]);
        return target[..(written + suffix.Length)];
    }

    /// <summary>Before a resolver's address: who chooses the resolver chooses what names mean, so another one is another peer.</summary>
    public const string Resolver = "dns ";

    /// <summary>Room that <see cref="Fold"/> needs.</summary>
    public const int FoldedLength = 64;

    /// <summary>Ports up to 32767 as they are, those that clients are given as "eph".</summary>
    public static ReadOnlySpan<char> PortClass(int port, Span<char> target)
    {
        if (port >= 32768)
        {
            return "eph";
        }

        port.TryFormat(target, out var written, provider: CultureInfo.InvariantCulture);
        return target[..written];
    }

    public static string ProtocolName(int protocol) => protocol switch
    {
        6 => "tcp",
        17 => "udp",
        _ => "ip" + protocol.ToString(CultureInfo.InvariantCulture),
    };

    public static string BindClass(IPAddress? address) =>
        address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "any"
        : IPAddress.IsLoopback(address) ? "loopback"
        : "address";

    /// <summary>Compares without an allocation.</summary>
    private static bool IsWritten(IPAddress address, string text)
    {
        Span<char> written = stackalloc char[FoldedLength];
        return address.TryFormat(written, out var length) && text.AsSpan().Equals(written[..length], StringComparison.OrdinalIgnoreCase);
    }

    private static PeerKind KindOfV4(ReadOnlySpan<byte> a) => a switch
    {
        [169, 254, 169, 254, ..] => PeerKind.Metadata,
        [169, 254, ..] => PeerKind.LinkLocal,
        [10, ..] or [192, 168, ..] or [172, >= 16 and <= 31, ..] or [100, >= 64 and <= 127, ..] => PeerKind.Private,
        [>= 224, ..] => PeerKind.Multicast,
        _ => PeerKind.Public,
    };

    private static PeerKind KindOfV6(ReadOnlySpan<byte> a) => a switch
    {
        [0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54] => PeerKind.Metadata,
        [0xff, ..] => PeerKind.Multicast,
        [0xfe, >= 0x80 and <= 0xbf, ..] => PeerKind.LinkLocal,
        [0xfc or 0xfd, ..] => PeerKind.Private,
        _ => PeerKind.Public,
    };
}
