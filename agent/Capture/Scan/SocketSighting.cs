namespace Runtime.Agent.Capture.Scan;

/// <summary>linux/tcp_states.h</summary>
internal enum SocketState : byte
{
    Unknown = 0,
    Established = 1,
    SynSent = 2,
    SynReceived = 3,
    TimeWait = 6,
    Close = 7,
    Listen = 10,
    NewSynReceived = 12,
}

/// <summary>One internet socket at one moment.</summary>
/// <param name="Id">The same for the same socket in one network namespace: sock_diag's cookie, or the inode where only /proc is read.</param>
/// <param name="Inode">Of sockfs, as /proc/PID/fd names it; 0 when no process holds it any more.</param>
/// <param name="Local">4 or 16 bytes; IPv4-mapped addresses as 4.</param>
/// <param name="Cgroup">Where it was made, in the v2 hierarchy; 0 when not told.</param>
internal readonly record struct SocketSighting(
    ulong Id, uint Inode, byte Protocol, SocketState State, byte[] Local, ushort LocalPort, byte[] Remote, ushort RemotePort, ulong Cgroup, ulong BytesSent, ulong BytesReceived)
{
    public const byte Tcp = 6, Udp = 17;

    private static ReadOnlySpan<byte> Mapped => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>IPv4-mapped IPv6 as the contract has it: 4 bytes.</summary>
    public static byte[] Plain(ReadOnlySpan<byte> address) =>
        address.Length == 16 && address.StartsWith(Mapped) ? address[12..].ToArray() : address.ToArray();
}
