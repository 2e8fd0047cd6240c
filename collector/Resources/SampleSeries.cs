using Runtime.Collector.Ingest;

namespace Runtime.Collector.Resources;

/// <summary>One container's samples as windows of twelve slots. Time comes from the samples. No allocation a sample.</summary>
/// <remarks>
/// A gap (the agent was away, a row was lost, the clock was set) ends the window that it falls into without a verdict: its least slot may be
/// the one that is missing. A counter that began anew is a sample without use, as the agent sends it, and no more than one slot of quiet.
/// </remarks>
internal sealed class SampleSeries
{
    /// <summary>Ended windows that are kept: what the score of a miner looks at, ten minutes.</summary>
    public const int Kept = 5;

    private readonly SampleWindow[] _ended = new SampleWindow[Kept];
    private int _count;
    private SampleWindow _current;
    private long _slotTime;
    private long _slotCpu;
    private long _slotTop;

    /// <summary>Time since the last sample with packets; -1 when that is not known, so that the next one's packets are of an unknown time.</summary>
    private long _sincePackets = -1;

    /// <summary>End of the last sample, UTC ticks; 0 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>The ended windows that follow each other without a gap, oldest first.</summary>
    public ReadOnlySpan<SampleWindow> Windows => _ended.AsSpan(Kept - _count);

    /// <param name="busiest">Of the sample's observation; null when none was looked for.</param>
    /// <param name="gap">Ticks between the last sample and this one; 0 when they follow each other.</param>
    /// <returns>True when a window ended with it: the last of <see cref="Windows"/>.</returns>
    public bool Add(in ResourceSample sample, ProcessInfo? busiest, ResourceTimes times, out long gap)
    {
        gap = 0;
        var end = sample.Time.UtcTicks;
        var interval = sample.Interval.Ticks;

        // Told before. What lies further back was not told before: the clock was set.
        if ((sample.Has & ResourceCounters.Cpu) == 0 || interval <= 0 || (end <= Last && Last - end < times.Hour))
        {
            return false;
        }

        var between = Math.Abs(end - interval - Last);
        if (Last == 0 || between > interval / 2)
        {
            gap = Last == 0 ? 0 : between;
            _current = default;
            (_slotTime, _slotCpu, _slotTop, _count, _sincePackets) = (0, 0, 0, 0, -1);
        }

        Last = end;
        if (_current.Time == 0)
        {
            _current.Start = end - interval;
        }

        _current.Add(sample);
        Name(busiest);
        TakePackets(sample);
        _slotTime += interval;
        _slotCpu += sample.CpuUser.Ticks + sample.CpuSystem.Ticks;
        _slotTop += sample.TopCpu.Ticks;

        // As near to a slot's length as whole samples come.
        if ((2 * _slotTime) + interval < 2 * times.Slot)
        {
            return false;
        }

        _current.AddSlot((double)_slotCpu / _slotTime, (double)_slotTop / _slotTime);
        (_slotTime, _slotCpu, _slotTop) = (0, 0, 0);
        if (_current.Slots < ResourceTimes.WindowSlots)
        {
            return false;
        }

        _current.End = end;
        _ended.AsSpan(1).CopyTo(_ended);
        _ended[^1] = _current;
        _count = Math.Min(Kept, _count + 1);
        _current = default;
        return true;
    }

    public void Write(BinaryWriter writer)
    {
        foreach (var number in (ReadOnlySpan<long>)[Last, _slotTime, _slotCpu, _slotTop, _sincePackets])
        {
            writer.Write(number);
        }

        _current.Write(writer);
        writer.Write((byte)_count);
        foreach (ref readonly var window in Windows)
        {
            window.Write(writer);
        }
    }

    /// <exception cref="FormatException">More windows than are ever kept.</exception>
    public static SampleSeries Read(BinaryReader reader)
    {
        var series = new SampleSeries
        {
            Last = reader.ReadInt64(), _slotTime = reader.ReadInt64(), _slotCpu = reader.ReadInt64(), _slotTop = reader.ReadInt64(), _sincePackets = reader.ReadInt64(),
            _current = SampleWindow.Read(reader), _count = reader.ReadByte(),
        };
        if (series._count > Kept)
        {
            throw new FormatException($"{series._count} windows of a container; at most {Kept} are kept");
        }

        for (var i = Kept - series._count; i < Kept; i++)
        {
            series._ended[i] = SampleWindow.Read(reader);
        }

        return series;
    }

    /// <summary>A window that has two busiest processes names the last: each observation has one, and windows of agents are windows here.</summary>
    private void Name(ProcessInfo? busiest)
    {
        if (busiest is not null)
        {
            (_current.TopPid, _current.TopStart) = (busiest.Pid, busiest.StartBootNs);
        }
    }

    private void TakePackets(in ResourceSample sample)
    {
        if (_sincePackets >= 0)
        {
            _sincePackets += sample.Interval.Ticks;
        }

        if ((sample.Has & ResourceCounters.Network) == 0)
        {
            return;
        }

        if (_sincePackets > 0)
        {
            _current.Packets += (double)sample.ReceivedPackets + sample.SentPackets;
            _current.PacketTime += _sincePackets;
        }

        _sincePackets = 0;
    }
}
