using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a new library weighs. One of the image says nothing.</summary>
internal static class LibraryEvidence
{
    /// <param name="writtenBySelf">The process that loads it wrote it a short while ago: Java's libraries bring native parts along and unpack them.</param>
    /// <returns>Null when there is nothing odd about it.</returns>
    public static Assessment? Assess(FileObservation map, bool writtenBySelf, in Surroundings surroundings)
    {
        var process = map.Process;
        var upper = (map.Flags & FileFlags.UpperLayer) != 0;
        var isMemory = map.Path.Contains("memfd:", StringComparison.Ordinal);
        var isOddPlace = Places.IsTemporary(map.Path) || Places.IsHidden(map.Path);
        var path = DisplayText.Path(map.Path);
        var matches = new List<ClassMatch>();
        if (isMemory)
        {
            matches.Add(new("memory_library", 60, $"it loaded code from memory, without a file: {path}", "T1620", Severity.High));
        }
        else if (writtenBySelf)
        {
            matches.Add((process.Flags & ProcessFlags.NetworkFacing) != 0 && process.Phase == Phase.Steady
                ? new("unpacked_library", 20, $"while it serves the network it wrote a library and loaded it: {path}", "T1129")
                : new("unpacked_library", 2, $"it unpacked a library and loaded it: {path}", "T1129"));
        }
        else if (surroundings.WrittenBy is { } writer)
        {
            matches.Add(new("dropped_library", 60, $"it loaded a library that was written by {writer.Words}: {path}", "T1574.006", Severity.High));
        }

        if (!writtenBySelf && upper && isOddPlace && process.Phase != Phase.Session)
        {
            matches.Add(new("dropped_library", 200, $"it loaded a library that was dropped into the container: {path}", "T1574.006", Severity.High));
        }
        else if (!writtenBySelf && (upper || isOddPlace))
        {
            matches.Add(new("upper_library", upper ? 40 : 15, $"it loaded a library that is not of the image: {path}", "T1574.006"));
        }

        return matches.Count == 0 ? null : Weighing.Weigh(matches, process, surroundings, lowerLayer: !upper);
    }
}
