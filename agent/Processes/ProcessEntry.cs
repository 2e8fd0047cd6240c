namespace Runtime.Agent.Processes;

/// <summary>A process as the table holds it: the record that others see, and what changes around it.</summary>
internal sealed class ProcessEntry
{
    public required ProcessRecord Record { get; set; }

    /// <summary>The one that forked it; null when unknown, or cut off (<see cref="ProcessTable.MaxDepth"/>). Kept after that one's exit.</summary>
    public ProcessEntry? Parent { get; set; }

    /// <summary>Length of the chain above.</summary>
    public int Depth { get; set; }

    /// <summary>Null on the host.</summary>
    public ContainerLife? Life { get; set; }
    public Lineage Lineage { get; set; }

    /// <summary>It, or an ancestor in its container, listened or accepted. Never taken back.</summary>
    public bool Facing { get; set; }

    /// <summary><see cref="ContainerLife.FacingVersion"/> for which <see cref="Facing"/> was last derived.</summary>
    public uint FacingVersion { get; set; }

    /// <summary>The start is known to 10 ms only: it was read from /proc.</summary>
    public bool Approximate { get; set; }
    public bool Exited { get; set; }
    public ulong ExitBootNs { get; set; }

    /// <summary>Out of the table; the queue of exited ones may still hold it.</summary>
    public bool Removed { get; set; }

    /// <summary>Earlier process of the same pid.</summary>
    public ProcessEntry? Older { get; set; }

    public LinkedListNode<ProcessEntry>? Node { get; set; }
}
