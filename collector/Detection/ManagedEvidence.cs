using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What is new inside a .NET process weighs so much.</summary>
internal static class ManagedEvidence
{
    /// <param name="surroundings">With <see cref="Surroundings.WrittenBy"/> of the assembly's file.</param>
    public static Assessment Assess(ManagedObservation observation, in Surroundings surroundings)
    {
        var match = ClassOf(observation, surroundings.WrittenBy?.Binary);
        // The image explains what came with it: not what was written since, nor what lies where images put nothing.
        var isOfImage = surroundings.WrittenBy is null && !IsOddPlace(observation.Path) && (observation.Process.Flags & ProcessFlags.UpperLayer) == 0;
        return Weighing.Weigh([match], observation.Process, surroundings, lowerLayer: isOfImage);
    }

    private static ClassMatch ClassOf(ManagedObservation o, string? writtenBy)
    {
        var words = "it " + ManagedWords.Did(o, DisplayText.Path);
        return o.Operation switch
        {
            ManagedOperation.AssemblyMemory => new("memory_assembly", 60, words, "T1620", Severity.High),
            ManagedOperation.AssemblyEmitted when ManagedPlaces.IsGenerator(o.Name) => new("generated_code", 1, words + ", under a name that libraries use for code of theirs", ""),
            ManagedOperation.AssemblyEmitted => new("emitted_assembly", 8, words, "T1620"),
            ManagedOperation.AssemblyFile => OfFile(o, words, writtenBy),
            ManagedOperation.StartupHook => new("startup_hook", IsOddPlace(o.Path) ? 100 : 40, words, "T1574", IsOddPlace(o.Path) ? Severity.High : Severity.Medium),
            ManagedOperation.Profiler => new("profiler", IsOddPlace(o.Path) ? 100 : 40, words, "T1574.012", IsOddPlace(o.Path) ? Severity.High : Severity.Medium),
            ManagedOperation.DiagnosticsClient => new("diagnostics_client", 30, words, "T1055"),
            ManagedOperation.PortClosed => new("diagnostics_closed", 2, words, "T1562.001"),
            _ => new("other_managed", 1, words, ""),
        };
    }

    private static ClassMatch OfFile(ManagedObservation o, string words, string? writtenBy) =>
        writtenBy is not null ? new("written_assembly", 80, $"{words}, which {DisplayText.Name(writtenBy)} wrote a short while ago", "T1105", Severity.High)
        : IsOddPlace(o.Path) ? new("assembly_in_odd_place", 60, words + ", where programs are not kept", "T1129")
        : ManagedPlaces.IsFramework(o.Path) ? OfFramework(o, words)
        : new("new_assembly", 5, words, "T1129");

    private static ClassMatch OfFramework(ManagedObservation o, string words) =>
        ManagedPlaces.Ability(o.Name) is { } ability ? new("new_ability", 4, $"{words}, a part of the framework that {ability}", "T1129") : new("framework_assembly", 0.5, words, "");

    private static bool IsOddPlace(string path) => Places.IsTemporary(path) || Places.IsHidden(path);
}
