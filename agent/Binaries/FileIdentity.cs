namespace Runtime.Agent.Binaries;

/// <summary>Which content a file had: the same identity is the same bytes, as far as the file system's clock is fine enough.</summary>
/// <param name="Device">Kernel encoding: major &lt;&lt; 20 | minor.</param>
/// <param name="ModifiedNs">mtime, Unix nanoseconds; whole seconds where the kernel's event told it.</param>
/// <param name="ChangedNs">ctime, likewise. No call sets it by hand.</param>
internal readonly record struct FileIdentity(uint Device, ulong Inode, ulong Size, long ModifiedNs, long ChangedNs)
{
    private const long Second = 1_000_000_000;

    /// <summary>A write within the clock's grain after the last one leaves the times as they are: what changed so lately may change unseen.</summary>
    private const long RacyNs = 2 * Second;

    public static FileIdentity OfSeconds(uint device, ulong inode, ulong size, long modifiedSeconds, long changedSeconds) =>
        new(device, inode, size, modifiedSeconds * Second, changedSeconds * Second);

    public long ModifiedSeconds => Seconds(ModifiedNs);
    public long ChangedSeconds => Seconds(ChangedNs);

    public bool IsRacy(long nowUnixNs) => ChangedNs + RacyNs > nowUnixNs;

    /// <param name="told">By the kernel's event, in whole seconds.</param>
    /// <param name="isLayered">On overlayfs a file's number and device may be other ones in the kernel than in user space.</param>
    public bool IsSameFile(in FileIdentity told, bool isLayered) =>
        Size == told.Size && ModifiedSeconds == told.ModifiedSeconds
        // Not ctime: it changes when a running program removes its own file, which must not hide what is in it.
        && (isLayered || (Inode == told.Inode && Device == told.Device));

    // Times before 1970 exist: rounded down, as the kernel's seconds are.
    private static long Seconds(long ns) => ns >= 0 ? ns / Second : (ns - Second + 1) / Second;
}
