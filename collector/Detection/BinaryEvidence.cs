using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a program's content weighs. Content alone is no novelty to tell of: a new program is told by its exec.</summary>
internal static class BinaryEvidence
{
    /// <param name="isReplacement">The same path of the same image held other bytes before.</param>
    /// <returns>Null when there is nothing odd about it.</returns>
    public static Assessment? Assess(BinaryObservation binary, bool isReplacement, in Surroundings surroundings)
    {
        var matches = new List<ClassMatch>();
        var what = binary.IsProgram ? "the program" : "the library";
        if (isReplacement)
        {
            matches.Add(new("replaced", 80, $"{what} is not the one that this image had here before: other bytes under the same path", "T1554"));
        }

        if (binary.Traits.HasFlag(BinaryTraits.Disagrees))
        {
            matches.Add(new(
                "other_node", 80, $"{what} is not the one that another node has of the same image: the path, size and time are the same, the bytes are not (here sha256:{binary.Sha256}, there sha256:{binary.ElsewhereSha256})", "T1554"));
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

        return matches.Count == 0 ? null : Weighing.Weigh(matches, binary.Process, surroundings, lowerLayer: (binary.Process.Flags & ProcessFlags.UpperLayer) == 0);
    }
}
