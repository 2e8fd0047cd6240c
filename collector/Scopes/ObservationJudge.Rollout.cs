using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

/// <summary>
/// An image that comes to a baseline that has learnt another: one incident holds that it came and what it brought, for a person to look
/// through. It pages nobody: what the image does not explain is judged and told by itself.
/// </summary>
internal sealed partial class ObservationJudge
{
    /// <summary>A page needs this many times a locked group's bar, so that a review never becomes one by its own weight.</summary>
    private const double ReviewThreshold = 10 * LockRule.LearningThreshold;

    /// <param name="image">Seen for the first time in this scope.</param>
    public void NoteRollout(Observation observation, ImageVersion image)
    {
        var evidence = RolloutEvidence.Assess(image, baseline.Replicas.Images);
        incidents.Raise(new Finding(
            observation, ItemKind.Image, [_key.Image(image.Digest).ToString()], Titles.Rollout(image, baseline.Replicas.Images, scope.DisplayName), evidence,
            KindGroup.Process, ReviewThreshold, Root: 0, Write: null, IsLearning: false) { Review = CauseOfReview(image) });
    }

    /// <summary>The images whose trial is over: what was held for review and nobody objected to is the deployment's own by now.</summary>
    public void EndReviews(DateTimeOffset now)
    {
        foreach (var image in baseline.Replicas.Images.Where(image => !image.OnProbation))
        {
            incidents.Accept(CauseOfReview(image), now);
        }
    }

    /// <returns>The review that this novelty belongs to; null when it must be told by itself.</returns>
    private string? ReviewOf(Observation observation, Assessment assessment, BaselineState state, ImageVersion? image) =>
        image is { OnProbation: true } && state == BaselineState.Reopened && !assessment.IsRemarkable
            && (observation.Process.Flags & (ProcessFlags.UpperLayer | ProcessFlags.Memfd | ProcessFlags.Deleted)) == 0
            && !IsSession(observation) && !incidents.IsBelowDeviation(observation, from: 0)
            ? CauseOfReview(image)
            : null;

    private static string CauseOfReview(ImageVersion image) => "image " + image.Digest;
}
