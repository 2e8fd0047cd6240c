namespace Runtime.Collector.Scopes;

/// <summary>One scope; the key is its id. What travels is ids and packed bytes (UTF-8 JSON of the collector's own records), so that a call to another silo costs what it must.</summary>
internal interface IScopeGrain : IGrainWithStringKey
{
    /// <summary>
    /// Rows of this scope up to this log id are committed: the scope reads what it lacks from the log, in log order. That several
    /// senders overtake each other, or that a call is lost, changes nothing.
    /// </summary>
    [ResponseTimeout("00:05:00")]
    Task ApplyThroughAsync(long logId);

    /// <summary>A BaselineView; null when the scope was never seen.</summary>
    Task<byte[]?> GetBaselineAsync();

    /// <summary>The Incident as it is now; null when there is none of that id to close.</summary>
    Task<byte[]?> CloseIncidentAsync(string incidentId, string verdict, string who, string note);

    /// <inheritdoc cref="CloseIncidentAsync"/>
    Task<byte[]?> ApproveIncidentAsync(string incidentId, string who, string note);

    /// <summary>The Deviation as it is now; null when there is none of that id.</summary>
    Task<byte[]?> ApproveDeviationAsync(string deviationId, string who, string note);

    /// <summary>An ExpandedView; null when the baseline has no template of that key.</summary>
    Task<byte[]?> ExpandItemAsync(string key, string who, string note);

    /// <param name="kind">As in <see cref="Baselines.BaselineItemView.Kind"/>.</param>
    /// <returns>The BaselineItemView as it is now; null when there is no such item, or it was removed already.</returns>
    Task<byte[]?> RemoveItemAsync(string kind, string key, string who, string reason);

    /// <param name="decisions">A list of ItemDecision.</param>
    /// <returns>A list of the BaselineItemViews that changed, as they are now; null when the scope was never seen.</returns>
    Task<byte[]?> DecideItemsAsync(byte[] decisions, string who, string reason);
}
