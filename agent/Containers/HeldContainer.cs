namespace Runtime.Agent.Containers;

/// <summary>A container as the table holds it: the record that others see, and who is still to be asked.</summary>
internal sealed class HeldContainer(ContainerRecord record, CgroupKind kind, long firstSeen)
{
    public ContainerRecord Record { get; set; } = record;
    public CgroupKind Kind { get; set; } = kind;

    /// <summary>The id of the path, which the runtime may know under another name.</summary>
    public string AskedAs { get; } = record.Id;
    public long FirstSeen { get; set; } = firstSeen;

    /// <summary>A bit for each client whose last answer was that it does not know it.</summary>
    public ulong NotKnownBy { get; set; }
    public int Cgroups { get; set; }
    public int LivingCgroups { get; set; }
}
