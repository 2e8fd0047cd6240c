using Runtime.Collector.Query;

namespace Runtime.Collector.Mutes;

/// <summary>Mutes as they are kept. Any thread.</summary>
internal interface IMuteLog
{
    /// <summary>Those that have not ended, in the order in which they were made; at most <see cref="Mute.Most"/> and those that expired meanwhile.</summary>
    Task<IReadOnlyList<Mute>> ListActiveAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="filter">Page, and a part of the scope's id.</param>
    /// <param name="all">Those that ended too.</param>
    Task<Page<Mute>> ListAsync(ListFilter filter, bool all, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>At most 3.</summary>
    Task<IReadOnlyList<Mute>> FindAsync(string idPrefix, CancellationToken cancellationToken);

    /// <summary>Images that containers of this scope ran within the last day, as <see cref="Mute.ImageOf"/>; at most <see cref="Mute.MostImages"/>.</summary>
    Task<IReadOnlyList<string>> ListImagesAsync(string scopeId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>With a line in the audit.</summary>
    Task AddAsync(Mute mute, CancellationToken cancellationToken);

    /// <summary>With a line in the audit.</summary>
    /// <returns>False when it ended before.</returns>
    Task<bool> RemoveAsync(Mute mute, string who, DateTimeOffset now, CancellationToken cancellationToken);
}
