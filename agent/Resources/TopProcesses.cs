using System.Globalization;

namespace Runtime.Agent.Resources;

/// <summary>Which process of a busy container uses the processor. One container's, one thread.</summary>
internal sealed class TopProcesses(int samples)
{
    /// <summary>Of one container, as cgroup.procs lists them; those behind are not looked at.</summary>
    public const int MaxProcesses = 64;

    // Bounded by MaxProcesses: who was not in the last look is forgotten.
    private Dictionary<uint, Track> _tracks = [];

    /// <param name="index">Of the sample in its window.</param>
    public void Look(SmallFile file, string procRoot, ReadOnlySpan<uint> pids, int index)
    {
        var seen = new Dictionary<uint, Track>(pids.Length);
        foreach (var pid in pids)
        {
            if (!NodeText.TryParseProcess(file.Read(SmallFile.Path(string.Create(CultureInfo.InvariantCulture, $"{procRoot}/{pid}/stat"))), out var ticks))
                continue;
            if (_tracks.TryGetValue(pid, out var track) && track.StartTicks == ticks.StartTicks)
                track.UsedNs[index] += (ticks.UsedTicks - Math.Min(track.LastTicks, ticks.UsedTicks)) * CgroupText.TickNs;
            else
                track = new(ticks.StartTicks, new ulong[samples]);
            track.LastTicks = ticks.UsedTicks;
            seen[pid] = track;
        }
        _tracks = seen;
    }

    /// <summary>Ends the window.</summary>
    /// <param name="usedNs">By sample; empty when nobody was seen to use anything.</param>
    /// <returns>0 when nobody was.</returns>
    public uint Take(out ulong startTicks, out ulong[] usedNs)
    {
        uint top = 0;
        ulong most = 0;
        foreach (var (pid, track) in _tracks)
        {
            var sum = 0ul;
            foreach (var used in track.UsedNs)
                sum += used;
            if (sum > most)
                (top, most) = (pid, sum);
        }
        (startTicks, usedNs) = top == 0 ? (0, []) : (_tracks[top].StartTicks, _tracks[top].UsedNs);
        foreach (var track in _tracks.Values)
            track.UsedNs = new ulong[samples];
        return top;
    }

    private sealed class Track(ulong startTicks, ulong[] usedNs)
    {
        public ulong StartTicks { get; } = startTicks;
        public ulong LastTicks { get; set; }
        public ulong[] UsedNs { get; set; } = usedNs;
    }
}
