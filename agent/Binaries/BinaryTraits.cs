namespace Runtime.Agent.Binaries;

/// <summary>Same bits as BinaryTrait in ingest.proto.</summary>
[Flags]
internal enum BinaryTraits : uint
{
    None = 0,
    NotElf = 1,

    /// <summary>Asks for no dynamic loader; never said of a library.</summary>
    Static = 2,
    NoSections = 4,
    Packed = 8,
    TooLarge = 16,

    /// <summary>The process had ended before its file could be opened.</summary>
    Gone = 32,

    /// <summary>The file was not the one executed any more, or changed while it was read.</summary>
    Changed = 64,

    /// <summary>It lies on a file system that a process serves (FUSE), or reading it failed.</summary>
    Unreadable = 128,

    /// <summary>Another node read other bytes under the same path, size and time of the same image.</summary>
    Disagrees = 256,
}
