using System.Net;
using System.Net.Sockets;

namespace Runtime.Tests;

internal static class FreePort
{
    /// <summary>One on loopback that nobody listened on a moment ago; for what takes a number only.</summary>
    public static int Find()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
