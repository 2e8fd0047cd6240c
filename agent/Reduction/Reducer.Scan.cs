using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    private readonly ScanFold _scans = new();
    private ulong _attemptsFolded;

    /// <param name="key">Of the connect itself, which is new.</param>
    /// <returns>True when it is counted with its scan and not told by itself.</returns>
    private bool FoldScan(ProcessRecord process, ContainerRecord? container, in NetworkEvent e, UInt128 key, long unixNs)
    {
        if (e.Operation != NetworkOperation.Connect || e.Error == 0)
            return false;
        var scan = _key.OfScan(process);
        var verdict = _scans.Take(scan, key, e.Origin.TimeBootNs);
        if (verdict == ScanVerdict.Single)
            return false;
        if (_known.Find(container, scan) is { } known)
        {
            _known.Repeat(known, unixNs, e.Origin.TimeBootNs);
        }
        else
        {
            var fact = FactOf(process, container, e, unixNs, name: []) with { Operation = NetworkOperation.Scan, LocalAddress = [], LocalPort = 0 };
            _known.Add(scan, fact);
            Send(fact);
        }

        if (verdict == ScanVerdict.Begins)
            return false;
        _attemptsFolded++;
        return true;
    }
}
