using Runtime.Agent.Processes;
using Runtime.Agent.Standing;

namespace Runtime.Agent.Reduction;

internal sealed partial class BehaviourKey
{
    /// <summary>Of its own family: the first call that is seen must not count as a repeat of what stood before.</summary>
    public UInt128 OfStanding(ProcessRecord process, StandingSocket standing)
    {
        var socket = standing.Socket;
        var inbound = standing.Operation is Capture.NetworkOperation.Listen or Capture.NetworkOperation.Accept;
        Begin(Family.StandingSocket, process.Phase);
        Add(((uint)standing.Operation << 24) | ((uint)socket.Protocol << 16) | (inbound ? socket.LocalPort : socket.RemotePort));
        Add(process.Binary);
        Add(standing.Operation == Capture.NetworkOperation.Accept ? default : inbound ? socket.Local : socket.Remote);
        return End();
    }

    public UInt128 OfStanding(ProcessRecord process, ReadOnlySpan<byte> point, ReadOnlySpan<byte> source)
    {
        Begin(Family.StandingMount, process.Phase);
        Add(point);
        Add(source);
        return End();
    }
}
