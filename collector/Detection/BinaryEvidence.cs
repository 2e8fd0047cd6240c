using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a program's content weighs. Content alone is no novelty to tell of: a new program is told by its exec.</summary>
internal static class BinaryEvidence
{
    /// <summary>Among so many programs that packages have, and at most one in four that none has, an unowned one is odd.</summary>
    private const int OwnedEnough = 8, OwnedForEachUnowned = 4;

    /// <param name="isReplacement">The same path of the same image held other bytes before.</param>
    /// <param name="before">What was known of the file.</param>
    /// <param name="elsewhere">What other images of the fleet have there.</param>
    /// <returns>Null when there is nothing odd about it.</returns>
    public static Assessment? Assess(BinaryObservation binary, bool isReplacement, in FileHistory before, in FleetContent elsewhere, in Surroundings surroundings)
    {
        var matches = new List<ClassMatch>();
        var what = binary.IsProgram ? "the program" : "the library";
        if (elsewhere.IsMinority)
        {
            matches.Add(new("minority_content", 300, $"{what} is not the one that others have of its package: its package's file has another content in {elsewhere.Agreeing} of {elsewhere.Images} images of this fleet ({DisplayText.Escape(binary.Package.Name)} {DisplayText.Escape(binary.Package.Version)})", "T1525"));
        }

        if (isReplacement)
        {
            matches.Add(new("replaced", 80, $"{what} is not the one that this image had here before: other bytes under the same path", "T1554"));
        }

        // Where others have the new bytes, the image before had the odd ones.
        if (before.ChangedSilently && !elsewhere.IsVerified && binary.Package.Verdict != PackageVerdict.Mismatch && !binary.Package.FileOfContainer)
        {
            matches.Add(new("silent_change", 25, $"{what} is another one than in the image before, and its package has the same version: {DisplayText.Escape(binary.Package.Name)} {DisplayText.Escape(binary.Package.Version)}", "T1525"));
        }

        if (binary.Traits.HasFlag(BinaryTraits.Packed))
        {
            matches.Add(new("packed", 20, $"{what} is packed: its code is compressed or encrypted", "T1027.002"));
        }

        // A library of the image that a linker left without sections is odd, and harmless by the thousand: only what runs counts.
        if (binary.IsProgram && binary.Traits.HasFlag(BinaryTraits.NoSections) && !binary.Traits.HasFlag(BinaryTraits.NotElf))
        {
            matches.Add(new("no_sections", 15, $"{what} has no section table, as no compiler leaves it", "T1027"));
        }

        if (binary.Traits.HasFlag(BinaryTraits.Changed))
        {
            matches.Add(new("changed", 15, $"{what}'s file was changed right after it was executed", "T1036"));
        }

        if (binary.IsProgram && binary.Package is { Verdict: PackageVerdict.Unowned, FileOfImage: true } && !binary.Traits.HasFlag(BinaryTraits.NotElf)
            && before.OwnedPrograms >= OwnedEnough && before.UnownedPrograms * OwnedForEachUnowned <= before.OwnedPrograms)
        {
            matches.Add(new("unowned", 4, "no package of the image has the program, as packages have almost all others that run here", "T1525"));
        }

        // What the image's own database says, and that the image is new or starts, explains nothing that other images contradict.
        var isPackaged = (binary.Package.Clears || elsewhere.IsVerified) && !isReplacement && !elsewhere.IsMinority;
        return matches.Count == 0 ? null : Weighing.Weigh(matches, binary.Process, surroundings with { IsPackaged = isPackaged }, lowerLayer: (binary.Process.Flags & ProcessFlags.UpperLayer) == 0 && !elsewhere.IsMinority);
    }
}
