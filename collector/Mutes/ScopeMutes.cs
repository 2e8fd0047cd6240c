using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Mutes;

/// <summary>The mutes of one scope that are active now: part of an engine's input, like the rules. Immutable.</summary>
/// <param name="active">In the order in which they were made.</param>
internal sealed class ScopeMutes(IReadOnlyList<Mute> active)
{
    public static ScopeMutes None { get; } = new([]);

    public bool IsEmpty => active.Count == 0;

    /// <summary>Mutes that cover all of it together, at most one for each deviation; empty when a deviation is covered by none.</summary>
    public IReadOnlyList<string> Covering(IReadOnlyList<Deviation> deviations, string cause)
    {
        if (IsEmpty || deviations.Count == 0)
        {
            return [];
        }

        var covering = new List<string>();
        foreach (var deviation in deviations)
        {
            if (active.FirstOrDefault(mute => mute.Covers(deviation, cause)) is not { } mute)
            {
                return [];
            }

            if (!covering.Contains(mute.Id))
            {
                covering.Add(mute.Id);
            }
        }

        return covering;
    }

    /// <summary>Those that end because this container runs an image that they do not know.</summary>
    public IEnumerable<EndedMute> EndedBy(ContainerInfo container) =>
        active.Where(mute => !mute.Knows(container)).Select(mute => new EndedMute(mute.Id, Mute.ImageOf(container.ImageDigest, container.Image)));

    public ScopeMutes Without(IReadOnlyList<EndedMute> ended) => new([.. active.Where(mute => !ended.Any(gone => gone.Id == mute.Id))]);
}
