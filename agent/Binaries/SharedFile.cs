namespace Runtime.Agent.Binaries;

/// <summary>What names a file of an image on every node of the cluster.</summary>
/// <param name="ImageDigest">Of the container's image, "sha256:…".</param>
/// <param name="Path">From the image's root, as the kernel writes it.</param>
internal sealed record SharedFile(string ImageDigest, byte[] Path, ulong Size, long ModifiedNs);

/// <summary>A question to the other nodes, or a report to them.</summary>
/// <param name="Question">0 in a report.</param>
/// <param name="Sha256">32 bytes; empty in a question.</param>
internal sealed record SharedNote(SharedFile File, ulong Question, byte[] Sha256);

/// <param name="Sha256">32 bytes; empty when nobody told.</param>
/// <param name="IsConfirmed">So many nodes read it alike that this one need not.</param>
internal sealed record SharedAnswer(ulong Question, byte[] Sha256, bool IsConfirmed);
