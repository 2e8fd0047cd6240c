namespace Runtime.Collector.Inventory;

/// <summary>What names a file of an image on every node of a cluster.</summary>
/// <param name="ImageDigest">"sha256:…".</param>
/// <param name="Path">From the image's root; any bytes.</param>
/// <param name="Size">At most the largest signed number, which is the store's.</param>
internal sealed record ImageFile(string ImageDigest, byte[] Path, ulong Size, long ModifiedUnixNs);

/// <param name="Sha256">32 bytes; empty when nodes disagreed.</param>
/// <param name="Node">That told it first.</param>
/// <param name="IsConfirmed">Another node told the same.</param>
internal sealed record FileHash(byte[] Sha256, string Node, bool IsConfirmed);

/// <summary>What became of a report.</summary>
internal enum HashOutcome
{
    New,
    Agreed,

    /// <summary>Another one told otherwise before, about this very file: nobody is told of it any more.</summary>
    Disagreed,

    /// <summary>Of a file about which nodes disagreed before.</summary>
    Disputed,
}
