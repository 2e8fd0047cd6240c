using Runtime.Collector.Ingest;

namespace Runtime.Collector.Resources;

/// <summary>Sums over one window of a container's samples. Times in ticks of 100 ns.</summary>
internal struct SampleWindow
{
    /// <summary>UTC ticks of the agent's clock: the first sample's beginning and the last one's end.</summary>
    public long Start;
    public long End;
    public int Slots;

    /// <summary>Cores of the slot that used least.</summary>
    public double Floor;

    /// <summary>Of the slots' cores, for their spread; the same of the busiest process.</summary>
    public double Sum;
    public double Squares;
    public double TopSum;
    public double TopSquares;

    public long Time;
    public long Cpu;
    public long User;
    public long Limit;
    public ulong Periods;
    public ulong ThrottledPeriods;

    /// <summary>Packets, and the time in which they came; 0 where the agent cannot tell a container's packets.</summary>
    public double Packets;
    public long PacketTime;

    /// <summary>Bytes; 0 while no sample had them.</summary>
    public ulong MemoryLeast;
    public ulong MemoryMost;
    public ulong HugePages;

    /// <summary>The busiest process; a pid of 0 when none was looked for.</summary>
    public uint TopPid;
    public ulong TopStart;

    /// <summary>Packets a second; null when they are not known.</summary>
    public readonly double? Load => PacketTime > 0 ? Packets / ((double)PacketTime / TimeSpan.TicksPerSecond) : null;

    public void Add(in ResourceSample sample)
    {
        Time += sample.Interval.Ticks;
        Cpu += sample.CpuUser.Ticks + sample.CpuSystem.Ticks;
        User += sample.CpuUser.Ticks;
        Limit += sample.CpuLimit.Ticks;
        if ((sample.Has & ResourceCounters.Throttling) != 0)
        {
            Periods += sample.Periods;
            ThrottledPeriods += sample.ThrottledPeriods;
        }

        if ((sample.Has & ResourceCounters.Memory) != 0)
        {
            MemoryLeast = MemoryMost == 0 ? sample.MemoryBytes : Math.Min(MemoryLeast, sample.MemoryBytes);
            MemoryMost = Math.Max(MemoryMost, sample.MemoryBytes);
        }

        if ((sample.Has & ResourceCounters.HugePages) != 0)
        {
            HugePages = Math.Max(HugePages, sample.HugePageBytes);
        }
    }

    public void AddSlot(double cores, double top)
    {
        Floor = Slots == 0 ? cores : Math.Min(Floor, cores);
        Slots++;
        Sum += cores;
        Squares += cores * cores;
        TopSum += top;
        TopSquares += top * top;
    }

    public readonly void Write(BinaryWriter writer)
    {
        writer.Write(Start);
        writer.Write(End);
        writer.Write(Slots);
        foreach (var number in (ReadOnlySpan<double>)[Floor, Sum, Squares, TopSum, TopSquares, Packets])
        {
            writer.Write(number);
        }

        foreach (var number in (ReadOnlySpan<long>)[Time, Cpu, User, Limit, PacketTime])
        {
            writer.Write(number);
        }

        foreach (var number in (ReadOnlySpan<ulong>)[Periods, ThrottledPeriods, MemoryLeast, MemoryMost, HugePages, TopStart])
        {
            writer.Write(number);
        }

        writer.Write(TopPid);
    }

    public static SampleWindow Read(BinaryReader reader) => new()
    {
        Start = reader.ReadInt64(), End = reader.ReadInt64(), Slots = reader.ReadInt32(),
        Floor = reader.ReadDouble(), Sum = reader.ReadDouble(), Squares = reader.ReadDouble(), TopSum = reader.ReadDouble(), TopSquares = reader.ReadDouble(), Packets = reader.ReadDouble(),
        Time = reader.ReadInt64(), Cpu = reader.ReadInt64(), User = reader.ReadInt64(), Limit = reader.ReadInt64(), PacketTime = reader.ReadInt64(),
        Periods = reader.ReadUInt64(), ThrottledPeriods = reader.ReadUInt64(), MemoryLeast = reader.ReadUInt64(), MemoryMost = reader.ReadUInt64(), HugePages = reader.ReadUInt64(), TopStart = reader.ReadUInt64(),
        TopPid = reader.ReadUInt32(),
    };
}
