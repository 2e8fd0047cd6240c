using System.Buffers.Binary;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Win32.SafeHandles;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Managed;

/// <summary>The socket on which a .NET runtime takes questions, held so that the name can be taken away but not given to another.</summary>
/// <remarks>
/// The runtime listens on TMPDIR/dotnet-diagnostic-{pid}-{start}-socket, with the pid of its own namespace and the start as
/// /proc/PID/stat tells it: the name is known, so that no folder is searched (hundreds of dead ones lie in some). The
/// descriptor holds the socket's inode and is connected to through /proc/self/fd: whoever listens there was bound when it was
/// found, and its peer credentials tell that it is the process. In a time namespace of its own the start is another number, and
/// the port is not found.
/// </remarks>
/// <param name="path">As the process names it.</param>
internal sealed class DiagnosticsPort(SafeFileHandle socket, byte[] path) : IDisposable
{
    private const string RuntimeProvider = "Microsoft-Windows-DotNETRuntime";
    private const long LoaderKeyword = 0x8;

    /// <summary>What the runtime keeps while we do not read; it takes 100 KiB at a time, as it needs them.</summary>
    private const int BufferMegabytes = 4;

    public byte[] Path => path;

    /// <returns>Null when there is no such socket (yet).</returns>
    public static DiagnosticsPort? Find(ProcessFolder process, RuntimeEnvironment environment)
    {
        using var root = process.OpenRoot();
        var pid = process.InnermostPid();
        if (root is null || pid == 0)
            return null;
        var name = string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{pid}-{process.StartTicks}-socket");
        byte[] path = [.. environment.TemporaryFolder.AsSpan().TrimEnd((byte)'/'), (byte)'/', .. Encoding.UTF8.GetBytes(name)];
        return RootedPath.Find(root, path) is { } socket ? new(socket, path) : null;
    }

    /// <summary>Asks who listens, by one connection that says nothing.</summary>
    /// <exception cref="SocketException">Nobody does, or too many wait.</exception>
    public async Task<uint> ListenerAsync(CancellationToken cancellationToken)
    {
        const int socketLevel = 1, peerCredentials = 17; // SOL_SOCKET, SO_PEERCRED: struct ucred, pid first
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(Link), cancellationToken);
        var credentials = new byte[12];
        connection.GetRawSocketOption(socketLevel, peerCredentials, credentials);
        return BinaryPrimitives.ReadUInt32LittleEndian(credentials);
    }

    /// <summary>Events of the runtime's loader from now on: no rundown, no stacks.</summary>
    /// <exception cref="DiagnosticsClientException">It refused, or speaks another protocol.</exception>
    public async Task<EventPipeSession> ListenAsync(CancellationToken cancellationToken)
    {
        await using var connector = await DiagnosticsClientConnector.FromDiagnosticPort($"{Link},connect", cancellationToken)
            ?? throw new ServerNotAvailableException("the port is gone");
        var provider = new EventPipeProvider(RuntimeProvider, EventLevel.Informational, LoaderKeyword);
        try
        {
            return await connector.Instance.StartEventPipeSessionAsync(new([provider], BufferMegabytes, rundownKeyword: 0, requestStackwalk: false), cancellationToken);
        }
        catch (UnsupportedCommandException)
        {
            // Before .NET 8 stacks cannot be left out; before .NET 9 rundown is yes or no.
            return await connector.Instance.StartEventPipeSessionAsync(new([provider], BufferMegabytes, requestRundown: false, requestStackwalk: true), cancellationToken);
        }
    }

    public void Dispose() => socket.Dispose();

    private string Link => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{socket.DangerousGetHandle()}");
}
