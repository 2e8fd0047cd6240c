namespace Runtime.Collector.Resources;

/// <summary>One container instance whose use is watched. Two KiB at most: five windows of 176 bytes, the one that fills, eight long connections.</summary>
internal sealed class WatchedReplica
{
    // Changed in place.
    private FloorLift _lift = new();

    public required string Id { get; init; }

    /// <summary>Of its image; the image's name while nobody knows the digest.</summary>
    public required string Digest { get; set; }

    /// <summary>UTC ticks; its first sight where the start is not known.</summary>
    public required long Started { get; init; }

    /// <summary>UTC ticks of the last that was heard of it.</summary>
    public long Seen { get; set; }
    public SampleSeries Series { get; init; } = new();
    public LongFlows Flows { get; init; } = new();
    public ref FloorLift Lift => ref _lift;

    /// <summary>Of the last ten minutes.</summary>
    public MinerTerms Terms { get; set; }

    /// <summary>It wrote to the knob of huge pages or to a processor's register; it spoke Stratum. What was done once holds for as long as the container lives.</summary>
    public bool IsControlled { get; set; }
    public bool IsPooled { get; set; }

    /// <summary>A person closed what was told of it: it is told of again once it was over in between.</summary>
    public bool IsLiftSettled { get; set; }
    public bool IsScoreSettled { get; set; }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Id);
        writer.Write(Digest);
        writer.Write(Started);
        writer.Write(Seen);
        Series.Write(writer);
        Flows.Write(writer);
        _lift.Write(writer);
        writer.Write((byte)Terms);
        writer.Write(IsControlled);
        writer.Write(IsPooled);
        writer.Write(IsLiftSettled);
        writer.Write(IsScoreSettled);
    }

    /// <exception cref="FormatException">More than is ever kept.</exception>
    public static WatchedReplica Read(BinaryReader reader)
    {
        var replica = new WatchedReplica
        {
            Id = reader.ReadString(), Digest = reader.ReadString(), Started = reader.ReadInt64(), Seen = reader.ReadInt64(),
            Series = SampleSeries.Read(reader), Flows = LongFlows.Read(reader), _lift = FloorLift.Read(reader),
        };
        replica.Terms = (MinerTerms)reader.ReadByte();
        (replica.IsControlled, replica.IsPooled, replica.IsLiftSettled, replica.IsScoreSettled) = (reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadBoolean());
        return replica;
    }
}
