namespace Runtime.Collector.Incidents;

/// <summary>What time does to incidents: spread over the replicas, fading, reviews that nobody decides on.</summary>
internal sealed partial class IncidentTable
{
    /// <summary>Looks once at how far each incident has spread, a quarter of a unit after it began.</summary>
    /// <param name="replicas">That are running.</param>
    public void JudgePeers(int replicas, bool isRollout, DateTimeOffset now)
    {
        foreach (var held in _held)
        {
            if (held is { IsReview: false, Peers: null, Record.State: IncidentState.Open } && now - held.Record.FirstSeen >= options.Unit / 4
                && held.JudgePeers(replicas, isRollout))
            {
                Changed(held, null);
            }
        }
    }

    /// <summary>Incidents that nobody was told of, and that were seen no more for a day; each once.</summary>
    public IEnumerable<HeldIncident> TakeFaded(DateTimeOffset now)
    {
        foreach (var held in _held.Where(held => held is { IsAlerted: false, IsHarmless: false, IsReview: false, IsOfLearning: false } && now - held.Record.LastSeen > options.Day))
        {
            held.IsHarmless = true;
            yield return held;
        }
    }

    /// <summary>Ends an open review that nobody decided on.</summary>
    /// <param name="cause">Of <see cref="Finding.Review"/>.</param>
    public void Accept(string cause, DateTimeOffset now)
    {
        if (_held.Find(held => held.Record.Cause == cause && held.Record.State == IncidentState.Open) is { } review)
        {
            review.Record = Verdicts.Accept(review.Record, now);
            Detach(review);
            Changed(review, null);
        }
    }
}
