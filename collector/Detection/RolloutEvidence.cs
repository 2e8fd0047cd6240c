using Runtime.Collector.Baselines;

namespace Runtime.Collector.Detection;

/// <summary>What it weighs that a deployment runs an image that it never ran.</summary>
internal static class RolloutEvidence
{
    /// <param name="known">All images of the deployment, <paramref name="image"/> among them.</param>
    public static Assessment Assess(ImageVersion image, IReadOnlyList<ImageVersion> known)
    {
        // "nginx:1.27" with other bytes than nginx:1.27 had: a rebuild, or somebody who holds the registry's password. "latest" is meant to move.
        var moved = known.FirstOrDefault(other => other.Digest != image.Digest && other.Name == image.Name && IsFixed(image.Name));
        return moved is null
            ? new Assessment("image", [new Evidence("releases do so", 1)], 1, IsConsequence: false) { IsOrdinary = true }
            : new Assessment(
                "tag_moved",
                [new Evidence($"the tag {DisplayText.Path(image.Name)} stood for {DisplayText.Name(moved.Digest)} before, and stands for {DisplayText.Name(image.Digest)} now", 10, "T1525")],
                10, IsConsequence: false);
    }

    /// <summary>A tag that says which version it is; a name without one, or one that is meant to follow, moves by design.</summary>
    private static bool IsFixed(string name)
    {
        var tag = name.LastIndexOf(':') is var colon && colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "";
        return tag.AsSpan().ContainsAnyInRange('0', '9');
    }
}
