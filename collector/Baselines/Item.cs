namespace Runtime.Collector.Baselines;

/// <summary>Kinds of behaviour. The letters are the first character of an item's full key.</summary>
internal enum ItemKind
{
    Exec = 'x',
    Edge = 'e',
    FileWrite = 'w',
    FileRead = 'r',
    Egress = 'n',
    Listen = 'l',

    /// <summary>A name that was looked up.</summary>
    Name = 'd',
    Privilege = 'p',
    Binary = 'b',
    Loading = 'v',
    Managed = 'm',

    /// <summary>An image that the deployment never ran.</summary>
    Image = 'i',

    /// <summary>What a container uses. Never learnt: only an approval by a person makes such an item.</summary>
    Resource = 'c',

    /// <summary>What the container runtime is asked to run again and again in every replica, with its arguments: a probe, or a hook of the start.</summary>
    Command = 'k',

    /// <summary>Never learnt: only an approval by a person makes such an item.</summary>
    TierZero = '0',
}

internal enum ItemState : byte
{
    /// <summary>Seen, and still a deviation: waits for its quorum or for a person.</summary>
    Pending = 0,
    Learned = 1,

    /// <summary>By a person; never evicted.</summary>
    Approved = 2,
}

/// <summary>A person took the item out of the baseline: no quorum brings it back, only an approval.</summary>
/// <param name="By">At most 256 characters.</param>
/// <param name="At">UTC ticks.</param>
/// <param name="Reason">At most 512 characters; the audit has all of it.</param>
internal sealed record Removal(string By, long At, string Reason)
{
    private const int MaxBy = 256;
    private const int MaxReason = 512;

    public static Removal Of(string by, long at, string reason) => new(
        by.Length <= MaxBy ? by : by[..MaxBy], at, reason.Length <= MaxReason ? reason : string.Concat(reason.AsSpan(0, MaxReason - 1), "…"));
}

/// <summary>One templated behaviour of a scope.</summary>
internal sealed class Item(ItemKind kind, string fullKey)
{
    /// <summary>The kind's letter and the key.</summary>
    public string FullKey { get; } = fullKey;
    public ItemKind Kind { get; } = kind;
    public ReadOnlySpan<char> Key => FullKey.AsSpan(1);
    public ItemState State { get; set; }

    /// <summary>Belongs to an incident that people were told of: no quorum makes it harmless, a person must.</summary>
    public bool Tainted { get; set; }

    /// <summary>Stood out by itself when it was seen: it never becomes part of a template.</summary>
    public bool IsRemarkable { get; set; }

    /// <summary>UTC ticks of the agents' clocks.</summary>
    public long FirstSeen { get; set; }
    public long LastSeen { get; set; }
    public ulong Count { get; set; }

    /// <summary>Covered units in which any replica showed it.</summary>
    public Incidence Units;

    /// <summary>Container instances that showed it.</summary>
    public Incidence Starts;

    /// <summary>Days, for the estimate over days.</summary>
    public Incidence Days;

    /// <summary>Days for display, saturating at 255; exact while time moves forward.</summary>
    public byte DayCount { get; set; }
    public int LastDay { get; set; } = int.MinValue;

    /// <summary>Long pauses between its sightings.</summary>
    public LongGaps Gaps;
    public string ApprovedBy { get; set; } = "";
    public long ApprovedAt { get; set; }

    /// <summary>Null for all but the graveyard. What is in it is pending: it deviates whenever it is seen.</summary>
    public Removal? Removal { get; set; }

    /// <summary>By a person: it leaves for want of room only after everything else.</summary>
    public bool IsDecided => State == ItemState.Approved || Removal is not null;

    /// <summary>Characters that it holds beside its counters.</summary>
    public int TextLength => FullKey.Length + (Removal is { } removal ? removal.By.Length + removal.Reason.Length : 0);

    public KindGroup Group => GroupOf(Kind);

    public static KindGroup GroupOf(ItemKind kind) => kind switch
    {
        ItemKind.FileWrite or ItemKind.FileRead => KindGroup.File,
        ItemKind.Egress or ItemKind.Name => KindGroup.Egress,
        ItemKind.Listen => KindGroup.Listen,
        _ => KindGroup.Process,
    };

    /// <summary>The kind's name in queries.</summary>
    public static string Name(ItemKind kind) => kind switch
    {
        ItemKind.Exec => "exec",
        ItemKind.Edge => "edge",
        ItemKind.FileWrite => "file_write",
        ItemKind.FileRead => "file_read",
        ItemKind.Egress => "egress",
        ItemKind.Listen => "listen",
        ItemKind.Name => "name",
        ItemKind.Privilege => "privilege",
        ItemKind.Binary => "binary",
        ItemKind.Loading => "loading",
        ItemKind.Managed => "managed",
        ItemKind.Image => "image",
        ItemKind.Resource => "resource",
        ItemKind.Command => "command",
        ItemKind.TierZero => "tier0",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind"),
    };

    /// <returns>Null when no kind has this name.</returns>
    public static ItemKind? KindOf(string name) => name switch
    {
        "exec" => ItemKind.Exec,
        "edge" => ItemKind.Edge,
        "file_write" => ItemKind.FileWrite,
        "file_read" => ItemKind.FileRead,
        "egress" => ItemKind.Egress,
        "listen" => ItemKind.Listen,
        "name" => ItemKind.Name,
        "privilege" => ItemKind.Privilege,
        "binary" => ItemKind.Binary,
        "loading" => ItemKind.Loading,
        "managed" => ItemKind.Managed,
        "image" => ItemKind.Image,
        "resource" => ItemKind.Resource,
        "command" => ItemKind.Command,
        "tier0" => ItemKind.TierZero,
        _ => null,
    };
}
