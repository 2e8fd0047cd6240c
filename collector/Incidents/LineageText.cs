using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Incidents;

/// <summary>Bounds the text that a deviation keeps of its processes; the event in the log keeps all of it.</summary>
internal static class LineageText
{
    private const int OwnArguments = 4096;
    private const int AncestorsArguments = 512;

    public static IReadOnlyList<ProcessInfo> Shorten(IReadOnlyList<ProcessInfo> lineage) =>
        lineage.Select((process, index) => Shorten(process, index == 0 ? OwnArguments : AncestorsArguments)).ToList();

    private static ProcessInfo Shorten(ProcessInfo process, int most)
    {
        if (process.Arguments.Sum(argument => argument.Length) <= most)
        {
            return process;
        }

        var kept = new List<string>();
        var left = most;
        foreach (var argument in process.Arguments)
        {
            if (left <= 0)
            {
                break;
            }

            kept.Add(DisplayText.Shorten(argument, left));
            left -= kept[^1].Length;
        }

        return process with { Arguments = kept, Flags = process.Flags | ProcessFlags.ArgumentsTruncated };
    }
}
