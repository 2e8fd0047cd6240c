using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Runtime.Agent.Reduction;

/// <summary>Names of sockets past TCP and UDP.</summary>
internal static class SpecialSocket
{
    private const int Raw = 3; // SOCK_RAW

    /// <param name="socket">AF_* &lt;&lt; 24 | SOCK_* &lt;&lt; 16 | protocol as given to socket(2).</param>
    /// <returns>
    /// "packet 0x0003" (an EtherType, host order), "raw 1", "raw6 58" (protocols of IP), "ping", "ping6", "netfilter", "alg", "vsock", "xdp".
    /// </returns>
    public static byte[] NameOf(uint socket)
    {
        var (family, type, protocol) = (socket >> 24, (socket >> 16) & 0xff, (ushort)socket);
        return Encoding.ASCII.GetBytes((family, type) switch
        {
            (2, Raw) => string.Create(CultureInfo.InvariantCulture, $"raw {protocol}"),
            (10, Raw) => string.Create(CultureInfo.InvariantCulture, $"raw6 {protocol}"),
            (2, _) => "ping",
            (10, _) => "ping6",
            (16, _) => "netfilter",
            (17, _) => string.Create(CultureInfo.InvariantCulture, $"packet 0x{BinaryPrimitives.ReverseEndianness(protocol):x4}"),
            (38, _) => "alg",
            (40, _) => "vsock",
            (44, _) => "xdp",
            _ => string.Create(CultureInfo.InvariantCulture, $"family {family}"),
        });
    }
}
