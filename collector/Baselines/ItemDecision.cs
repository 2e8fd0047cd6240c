namespace Runtime.Collector.Baselines;

/// <summary>What a person decided of one item.</summary>
/// <param name="Kind">As <see cref="BaselineItemView.Kind"/>.</param>
/// <param name="IsApproved">Into the baseline, also where it was never seen; else out of it.</param>
internal sealed record ItemDecision(string Kind, string Key, bool IsApproved);
