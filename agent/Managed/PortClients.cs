using System.Buffers.Text;
using System.Text;

namespace Runtime.Agent.Managed;

/// <summary>Who speaks to diagnostics ports, counted from /proc/PID/net/unix of a network namespace.</summary>
/// <remarks>
/// The end that the runtime took carries the listener's name (state 03; waiting: 02), the listener itself is in state 01:
/// <code>
/// Num       RefCount Protocol Flags    Type St Inode Path
/// 00000000a36b1d47: 00000003 00000000 00000000 0001 03 3331959 /tmp/dotnet-diagnostic-17-3305970-socket
/// 00000000ea5fb6ae: 00000002 00000000 00010000 0001 01 3331940 /tmp/dotnet-diagnostic-17-3305970-socket
/// </code>
/// Names are bytes and may hold a newline: a line can be forged, and only adds a count.
/// </remarks>
internal static class PortClients
{
    public const int MaxBytes = 8 * 1024 * 1024;
    private const int MaxPorts = 4096, PathColumn = 7, StateColumn = 5;

    /// <returns>Connections, taken or waiting to be, by the path's <see cref="KeyOf"/>. Bounded by MaxPorts.</returns>
    public static Dictionary<string, int> Count(ReadOnlySpan<byte> sockets)
    {
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var range in sockets.Split((byte)'\n'))
        {
            var line = sockets[range];
            if (line.IndexOf("/dotnet-diagnostic-"u8) < 0 || !TryParse(line, out var state, out var path) || state is not (2 or 3))
                continue;
            var key = Encoding.Latin1.GetString(path);
            if (ports.Count >= MaxPorts && !ports.ContainsKey(key))
                break;
            ports[key] = ports.GetValueOrDefault(key) + 1;
        }
        return ports;
    }

    /// <summary>Any byte is a character.</summary>
    public static string KeyOf(byte[] path) => Encoding.Latin1.GetString(path);

    private static bool TryParse(ReadOnlySpan<byte> line, out byte state, out ReadOnlySpan<byte> path)
    {
        state = 0;
        path = default;
        for (var column = 0; column < PathColumn; column++)
        {
            line = line.TrimStart((byte)' ');
            var end = line.IndexOf((byte)' ');
            if (end < 0 || (column == StateColumn && (!Utf8Parser.TryParse(line[..end], out state, out _, 'x'))))
                return false;
            line = line[(end + 1)..];
        }
        path = line;
        return true;
    }
}
