using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Standing;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    /// <summary>Finds taken in at one idle moment; the rest follows at the next.</summary>
    private const int StandingAtOnce = 1024;
    private ulong _standing, _standingEnded;

    /// <summary>Null where nothing was looked for.</summary>
    public StartScan? StartScan { get; init; }

    private void TakeStanding()
    {
        if (StartScan is null || StartScan.IsDone)
            return;
        for (var i = 0; i < StandingAtOnce && StartScan.TryTake(out var found); i++)
        {
            if (_processes.Find(found.Process.Pid, found.Process.StartBootNs) is null)
            {
                _standingEnded++;
                continue;
            }
            _standing++;
            if (found is StandingSocket socket)
                Take(socket);
            else if (found is StandingMount mount)
                Take(mount);
        }
    }

    private void Take(StandingSocket standing)
    {
        if (standing.Operation == NetworkOperation.Listen)
            _processes.MarkNetworkFacing(standing.Process);
        var process = _processes.Find(standing.Process.Pid, standing.Process.StartBootNs)!;
        var container = ContainerOf(process, process.Cgroup);
        var socket = standing.Socket;
        Stand(_key.OfStanding(process, standing), container, unixNs => new NetworkFact
        {
            Process = process,
            Container = container,
            FirstUnixNs = unixNs,
            LastUnixNs = unixNs,
            IsNew = true,
            Operation = standing.Operation,
            Protocol = socket.Protocol,
            LocalAddress = socket.Local,
            RemoteAddress = socket.State == SocketState.Established ? socket.Remote : [],
            LocalPort = socket.LocalPort,
            RemotePort = socket.RemotePort,
            Flags = NetworkFlags.AtStart,
        });
    }

    private void Take(StandingMount standing)
    {
        var process = _processes.Find(standing.Process.Pid, standing.Process.StartBootNs)!;
        var container = ContainerOf(process, process.Cgroup);
        var (point, detail) = (Encoding.UTF8.GetBytes(standing.Mount.Point), Encoding.UTF8.GetBytes($"{standing.Mount.Type} {standing.Mount.Source}"));
        Stand(_key.OfStanding(process, point, detail), container, unixNs => new PrivilegeFact
        {
            Process = process,
            Container = container,
            FirstUnixNs = unixNs,
            LastUnixNs = unixNs,
            IsNew = true,
            Operation = PrivilegeOperation.Mount,
            Subject = Cut(point),
            Detail = detail[..Math.Min(detail.Length, 513)],
            Flags = PrivilegeFlags.AtStart,
        });
    }

    /// <summary>The first of its kind leaves, the rest of them is counted: a pool of connections to one peer is one behaviour.</summary>
    private void Stand(UInt128 key, ContainerRecord? container, Func<long, Fact> make)
    {
        var unixNs = _clock.ToUnixNs(_nowBootNs);
        if (_known.Find(container, key) is { } known)
        {
            _known.Repeat(known, unixNs, _nowBootNs);
            return;
        }
        var fact = make(unixNs);
        _known.Add(key, fact);
        Send(fact);
    }
}
