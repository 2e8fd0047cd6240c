using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>A datagram socket to the kernel (netlink(7)). One thread at a time.</summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    public const int Connector = 11, SocketDiagnosis = 4; // linux/netlink.h

    private const int Netlink = 16, Datagram = 2, CloseOnExec = 0x80000; // sys/socket.h
    private const int SocketLevel = 1, ReceiveTimeoutOption = 20, ReceiveBufferForce = 33, ReceiveBuffer = 8, DontWait = 0x40;
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private int _descriptor;

    private NetlinkSocket(int descriptor) => _descriptor = descriptor;

    /// <param name="groups">Bit n-1 for multicast group n.</param>
    /// <param name="receiveBytes">Of the kernel's queue for us; beyond rmem_max it takes CAP_NET_ADMIN.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static NetlinkSocket Open(int protocol, uint groups, int receiveBytes)
    {
        var descriptor = LinuxCalls.socket(Netlink, Datagram | CloseOnExec, protocol);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        var socket = new NetlinkSocket(descriptor);
        try
        {
            if (LinuxCalls.setsockopt(descriptor, SocketLevel, ReceiveBufferForce, receiveBytes, sizeof(int)) != 0)
                _ = LinuxCalls.setsockopt(descriptor, SocketLevel, ReceiveBuffer, receiveBytes, sizeof(int));
            var address = new LinuxCalls.NetlinkAddress { Family = Netlink, Groups = groups };
            if (LinuxCalls.bind(descriptor, address, (uint)sizeof(LinuxCalls.NetlinkAddress)) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>In the network namespace behind <paramref name="link"/> (/proc/PID/ns/net): a socket stays where it was made, so only a short-lived thread goes there.</summary>
    /// <param name="orOwn">Stay in our own where the link may not be read or entered: pid 1 can hold capabilities that we lack.</param>
    /// <exception cref="Win32Exception">The namespace is gone, or the kernel refused.</exception>
    public static NetlinkSocket OpenIn(string link, int protocol, uint groups, int receiveBytes, bool orOwn = false)
    {
        NetlinkSocket? socket = null;
        Win32Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter(link, orOwn);
                socket = Open(protocol, groups, receiveBytes);
            }
            catch (Win32Exception e)
            {
                fault = e;
            }
        })
        { IsBackground = true, Name = "namespace" };
        thread.Start();
        thread.Join();
        return socket ?? throw new Win32Exception(fault!.NativeErrorCode, fault.Message);
    }

    /// <exception cref="Win32Exception">The kernel did not take it.</exception>
    public void Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* p = message)
        {
            if (LinuxCalls.send(_descriptor, p, (nuint)message.Length, 0) != message.Length)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>How long <see cref="Receive"/> waits. </summary>
    public void WaitAtMost(TimeSpan limit)
    {
        // struct timeval of 64-bit Linux, handed over as its words: setsockopt's value is typed int here.
        var time = stackalloc long[2];
        (time[0], time[1]) = ((long)limit.TotalSeconds, limit.Ticks % TimeSpan.TicksPerSecond / 10);
        if (LinuxCalls.setsockopt(_descriptor, SocketLevel, ReceiveTimeoutOption, in *(int*)time, 16) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <returns>Length of the datagram; 0 when none came in time or it did not come from the kernel; -1 when the kernel's queue for us had overflowed.</returns>
    /// <exception cref="Win32Exception">The socket is of no use any more.</exception>
    public int Receive(Span<byte> buffer, bool wait)
    {
        const int interrupted = 4, again = 11, noBuffers = 105;
        var sender = default(LinuxCalls.NetlinkAddress);
        var length = (uint)sizeof(LinuxCalls.NetlinkAddress);
        fixed (byte* p = buffer)
        {
            var n = LinuxCalls.recvfrom(_descriptor, p, (nuint)buffer.Length, wait ? 0 : DontWait, ref sender, ref length);
            if (n >= 0)
                return sender.PortId == 0 ? (int)n : 0;
            return Marshal.GetLastPInvokeError() switch
            {
                interrupted or again => 0,
                noBuffers => -1,
                var error => throw new Win32Exception(error),
            };
        }
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
            _ = Tmds.Linux.LibC.close(_descriptor);
        _descriptor = -1;
    }

    private static void Enter(string link, bool orOwn)
    {
        int descriptor;
        fixed (byte* p = global::System.Text.Encoding.UTF8.GetBytes(link + "\0"))
            descriptor = Tmds.Linux.LibC.open(p, Tmds.Linux.LibC.O_RDONLY | Tmds.Linux.LibC.O_CLOEXEC);
        if (descriptor < 0 && orOwn && Tmds.Linux.LibC.errno == Tmds.Linux.LibC.EACCES)
            return;
        if (descriptor < 0)
            throw new Win32Exception(Tmds.Linux.LibC.errno);
        var answer = LinuxCalls.setns(descriptor, NewNetwork);
        var error = Marshal.GetLastPInvokeError();
        _ = Tmds.Linux.LibC.close(descriptor);
        if (answer != 0 && !(orOwn && error == Tmds.Linux.LibC.EPERM))
            throw new Win32Exception(error);
    }
}
