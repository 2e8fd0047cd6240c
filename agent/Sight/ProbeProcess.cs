using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Sight;

/// <summary>
/// The marked process: <c>agent sight-probe NUMBER PORT FOLDER LIFE_MS</c>. It is executed, makes one file and removes it, connects once, lives as long as it is told, and ends. The agent's own acts
/// are not reported by the kernel side, so a process of its own does them.
/// </summary>
internal static class ProbeProcess
{
    public const string Verb = "sight-probe";

    /// <summary>Bits of the exit code: an act that the node refused, so that no event of it can come.</summary>
    public const int NotWritten = 1, NotConnected = 2;

    private const string FileName = "sight-probe";

    /// <param name="arguments">Verb, number, port, folder, life in milliseconds.</param>
    public static int Run(string[] arguments)
    {
        if (arguments is not [_, _, var text, var folder, var life] || !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || !int.TryParse(life, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            return NotWritten | NotConnected;
        var refused = (TryWrite(folder) ? 0 : NotWritten) | (TryConnect(port) ? 0 : NotConnected);
        Thread.Sleep(milliseconds);
        return refused;
    }

    /// <summary>The number of a probe's command line; null when it is none.</summary>
    /// <param name="arguments">argv joined by NUL.</param>
    public static uint? NumberOf(ReadOnlySpan<byte> arguments)
    {
        // /usr/bin/agent NUL sight-probe NUL 17 NUL 40123 NUL /var/lib/runtime-agent NUL 0
        var program = arguments.IndexOf((byte)0);
        if (program < 0 || !arguments[(program + 1)..].StartsWith("sight-probe\0"u8))
            return null;
        var rest = arguments[(program + 1 + Verb.Length + 1)..];
        var end = rest.IndexOf((byte)0);
        return uint.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static unsafe bool TryWrite(string folder)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes($"{folder.TrimEnd('/')}/{FileName}\0"))
        {
            var file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, (mode_t)0x180);
            if (file < 0)
                return false;
            // A full disk takes the name and not the byte: the node that cannot write is told of, though the open was seen.
            byte mark = (byte)'\n';
            var written = write(file, &mark, 1) == 1;
            _ = close(file);
            _ = unlink(path);
            return written;
        }
    }

    /// <summary>Nobody listens on the port: the agent holds it without listening, so that the kernel refuses at once.</summary>
    private static unsafe bool TryConnect(ushort port)
    {
        var descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
            return false;
        sockaddr_in address = default;
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        // 127.0.0.1
        var loopback = MemoryMarshal.AsBytes(new Span<in_addr>(ref address.sin_addr));
        (loopback[0], loopback[3]) = (127, 1);
        var refused = connect(descriptor, (sockaddr*)&address, sizeof(sockaddr_in)) == 0 || errno == ECONNREFUSED;
        _ = close(descriptor);
        return refused;
    }
}
