namespace Runtime.Agent.Binaries;

/// <summary>What reading the contents of programs and libraries may cost.</summary>
internal sealed record BinaryOptions
{
    /// <summary>Off: no file of a container is read, and programs are told apart by path and attributes alone.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>A larger file is not hashed. 4 KiB to 4 GiB.</summary>
    public long MaxFileBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Of the whole node, over all files. 64 KiB to 4 GiB.</summary>
    public long BytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>Files that wait to be read, each with one open descriptor; beyond it the new one is lost and counted. 16 to 65 536.</summary>
    public int QueueLength { get; init; } = 4096;

    /// <summary>Hashes remembered, by device, inode, size and times. 16 to 1 048 576.</summary>
    public int CacheEntries { get; init; } = 8192;

    /// <summary>Takes hashes of unchanged files of images from other nodes, and gives them its own. Off: every node reads all itself.</summary>
    public bool Share { get; init; } = true;

    /// <summary>One of so many confirmed hashes of other nodes, chosen by chance, is read here all the same and compared. 1 (each) to 1024.</summary>
    public int VerifyOneIn { get; init; } = 64;

    /// <summary>Tells of a container's file which package has it and whether it is what the package database says. Off: no database is read.</summary>
    public bool Packages { get; init; } = true;
}
