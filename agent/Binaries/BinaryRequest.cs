using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Binaries;

/// <summary>A file to be read.</summary>
/// <param name="Process">Through which it was opened.</param>
/// <param name="Container">Null for the host.</param>
/// <param name="Path">As the kernel resolved it, in the process's mount namespace.</param>
/// <param name="Told">As the kernel told it when the file was executed; null when only the path is known.</param>
/// <param name="Inode">Of a library, as the kernel told it when it was mapped; 0 when not known.</param>
/// <param name="Descriptor">
/// Opened with O_PATH at the time of the event, so that the file is held whatever the process does next; of a root folder
/// in which <paramref name="Path"/> is to be walked when <paramref name="IsRoot"/> is true; negative when nothing was there. Whoever takes the request closes it.
/// </param>
internal sealed record BinaryRequest(ProcessRecord Process, ContainerRecord? Container, byte[] Path, FileIdentity? Told, bool IsLibrary, ulong Inode, bool IsRoot, int Descriptor);

/// <summary>The answer to a <see cref="BinaryRequest"/>.</summary>
/// <param name="UnixNs">When the file was read; wall clock.</param>
internal sealed record BinaryReading(BinaryRequest Request, BinaryContent Content, long UnixNs);
