using System.Buffers;
using System.Net.Sockets;

namespace Runtime.Collector.Security;

/// <summary>Who is at the other end of a unix socket: as the kernel noted it when it connected (unix(7), SO_PEERCRED and SO_PEERGROUPS).</summary>
/// <param name="Pid">0 when the peer lives in a pid namespace that we cannot see.</param>
/// <param name="Uid">Effective user; 65534 for a user that our user namespace does not know.</param>
internal readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int SoPeerGroups = 59;

    // NGROUPS_MAX of limits.h
    private const int MaxGroups = 65536;

    /// <exception cref="SocketException">Not a unix socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
        Span<byte> ucred = stackalloc byte[12];
        var length = socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred);
        return length == ucred.Length
            ? new(BitConverter.ToInt32(ucred), BitConverter.ToUInt32(ucred[4..]), BitConverter.ToUInt32(ucred[8..]))
            : throw new SocketException((int)SocketError.ProtocolNotSupported);
    }

    /// <summary>By its effective group or one of its supplementary groups.</summary>
    public bool IsMember(Socket socket, uint group)
    {
        if (Gid == group)
        {
            return true;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(MaxGroups * sizeof(uint));
        try
        {
            var length = socket.GetRawSocketOption(SolSocket, SoPeerGroups, buffer);
            for (var i = 0; i + sizeof(uint) <= length; i += sizeof(uint))
            {
                if (BitConverter.ToUInt32(buffer, i) == group)
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
