using System.Globalization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a file's content proves by itself: it is not its package's, or not the one that other replicas have.</summary>
/// <remarks>
/// An image may be built with a file that is not its package's (stripped, packed, copied over): that is no break-in, and told once as a finding
/// about the image. It is a fact when it was right before: in this image, in the one before, or until the container wrote there.
/// </remarks>
internal static class BinaryFacts
{
    public const string PackageMismatch = "package_mismatch";
    public const string ReplicasDiffer = "replicas_differ";

    /// <returns>Null when it is none.</returns>
    public static TierZeroFact? Judge(BinaryObservation binary, in FileHistory before)
    {
        var what = DisplayText.Path(binary.Path);
        if (binary.Traits.HasFlag(BinaryTraits.Disagrees))
        {
            return new TierZeroFact(
                ReplicasDiffer,
                $"{what} is not the file that another node has of the same image: path, size and time are the same, the bytes are not (here sha256:{binary.Sha256}, there sha256:{binary.ElsewhereSha256})",
                "T1554");
        }

        if (StandingOf(binary, before) == FileStanding.Wrong)
        {
            var (how, technique) = binary.Package.FileOfContainer ? (": it was changed after the container started", "T1554")
                : before.ImageHadItRight ? (": this very image had the right one before", "T1554")
                : ("; the image's version before had it", "T1525");
            return new TierZeroFact(PackageMismatch, Words(binary) + how, technique);
        }

        return before.ImageHadOtherBytes
            ? new TierZeroFact(ReplicasDiffer, $"{what} of the image holds other bytes here than it did in a replica of the same image (now sha256:{binary.Sha256})", "T1554")
            : null;
    }

    /// <returns>Null when nothing is known of its package. Scripts are edited by whoever builds an image, so only programs and libraries count as wrong.</returns>
    public static FileStanding? StandingOf(BinaryObservation binary, in FileHistory before) => binary.Package.Verdict switch
    {
        PackageVerdict.Unowned => FileStanding.Unowned,
        PackageVerdict.OwnedWithoutSum => FileStanding.Owned,
        PackageVerdict.Matches => binary.Package.Clears ? FileStanding.Right : FileStanding.Owned,
        PackageVerdict.Mismatch when binary.Traits.HasFlag(BinaryTraits.NotElf) => FileStanding.Owned,
        // Of bytes that the image is known to have: its container may have changed owner or mode, which makes the file the container's.
        PackageVerdict.Mismatch when before.Standing is { } known => known,
        PackageVerdict.Mismatch => binary.Package.FileOfContainer || before.ImageHadItRight || before.EarlierImageHadItRight ? FileStanding.Wrong : FileStanding.BuiltSo,
        _ => null,
    };

    /// <summary>What tells this fact from the next one about the same path: a person who approves these bytes approves no others.</summary>
    public static string Subject(BinaryObservation binary) => $"{binary.Path} {binary.Sha256.AsSpan(0, Math.Min(16, binary.Sha256.Length))}";

    /// <summary>"/usr/bin/curl of package curl 7.88.1-10 is not the file that Debian's package has".</summary>
    public static string Words(BinaryObservation binary)
    {
        var package = binary.Package;
        var distribution = package.Distribution.Split(' ')[0];
        var whose = distribution.Length == 0 ? "the distribution" : CultureInfo.InvariantCulture.TextInfo.ToTitleCase(Short(distribution));
        return $"{DisplayText.Path(binary.Path)} of package {Short(package.Name)} {Short(package.Version)} is not the file that {whose}'s package has";
    }

    private static string Short(string name) => DisplayText.Shorten(DisplayText.Escape(name), 64);
}
