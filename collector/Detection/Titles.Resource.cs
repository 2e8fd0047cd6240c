using System.Globalization;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

internal static partial class Titles
{
    /// <param name="least">Cores that it does not fall below now, and that it came down to.</param>
    /// <param name="window">How long it never took to come down.</param>
    /// <param name="atLoad">What it came down to is known for this load.</param>
    /// <param name="lifted">How long it has not come down.</param>
    /// <param name="covered">How long it was watched.</param>
    public static string Floor(ContainerInfo container, string scope, double least, double usual, TimeSpan window, bool atLoad, TimeSpan lifted, TimeSpan covered) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Who(container)} in {scope} has not used less than {least:0.00} cores for {Span(lifted)}: {(atLoad ? "at this load " : "")}it came down to {usual:0.00} within any {Span(window)} in {Span(covered)}");

    /// <param name="program">The busiest; empty when none was looked for.</param>
    public static string Miner(ContainerInfo container, string program, string scope, int points, int from, double cores, TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(program.Length > 0 ? DisplayText.Path(program) + " in " : "")}{Who(container)} in {scope} computes like a miner: {cores:0.00} cores for {Span(time)}, {points} points (told from {from})");

    /// <summary>"30 s", "12 min", "26 h", "9 days".</summary>
    public static string Span(TimeSpan span) => FormattableString.Invariant(span switch
    {
        { TotalDays: >= 4 } => $"{span.TotalDays:0} days",
        { TotalHours: >= 2 } => $"{span.TotalHours:0} h",
        { TotalMinutes: >= 2 } => $"{span.TotalMinutes:0} min",
        _ => (FormattableString)$"{span.TotalSeconds:0} s",
    });

    private static string Who(ContainerInfo container) => DisplayText.Shorten(
        DisplayText.Escape(container.PodName.Length > 0 ? container.PodName : container.Name.Length > 0 ? container.Name : container.Id), 64);
}
