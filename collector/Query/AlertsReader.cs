using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Incidents;
using Runtime.Collector.Mutes;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Query;

/// <summary>What a person wants muted, checked but for what it names.</summary>
/// <param name="Scope">A part of a scope's id; empty with <paramref name="IncidentPrefix"/>.</param>
/// <param name="Owner">Empty: who asks.</param>
internal sealed record MuteWish(string Scope, string Kind, string Key, string IncidentPrefix, string Owner, string Reason, DateTimeOffset Expires, bool AnyImage);

/// <summary>The log of deliveries and the mutes, for people. Any thread.</summary>
internal sealed class AlertsReader(IQueryStore store, IDeliveryLog deliveries, IMuteLog mutes, MuteBook book, INotifierTest notifiers, NotifierDirectory directory, TimeProvider time)
{
    private readonly ScopeNames _names = new(store);

    /// <summary>By the settings, then those that the settings have no more; options are null of these.</summary>
    public async Task<IReadOnlyList<(NotifierOptions? Options, DeliveryCount Count)>> ListNotifiersAsync(CancellationToken cancellationToken)
    {
        var counts = await deliveries.CountAsync(cancellationToken);
        return
        [
            .. directory.All.Select(notifier => (
                (NotifierOptions?)notifier.Options, counts.FirstOrDefault(count => count.Notifier == notifier.Options.Name) ?? new DeliveryCount(notifier.Options.Name, 0, 0, null, ""))),
            .. counts.Where(count => count.Waiting + count.Failed > 0 && !directory.Names.Contains(count.Notifier, StringComparer.Ordinal)).Select(count => ((NotifierOptions?)null, count)),
        ];
    }

    public async Task<Page<DeliveryEntry>> ListDeliveriesAsync(DeliveryFilter filter, CancellationToken cancellationToken)
    {
        var question = new ListFilter(filter.PageSize, Scope: filter.Notifier, State: filter.State, Text: filter.IncidentId);
        var page = await deliveries.ListAsync(filter with { PageToken = PageTokens.Unwrap("deliveries", question, filter.PageToken) }, cancellationToken);
        return page with { NextPageToken = PageTokens.Wrap("deliveries", question, page.NextPageToken) };
    }

    /// <exception cref="QueryFault">None of this id; one that did not fail; one whose notifier is gone.</exception>
    public async Task<DeliveryEntry> RepeatAsync(long id, string who, CancellationToken cancellationToken)
    {
        var entry = await deliveries.FindAsync(id, cancellationToken) ?? throw new QueryFault(QueryFaultKind.NotFound, $"id = \"{id}\": the log has no such delivery; ListDeliveries has them all");
        if (!notifiers.Names.Contains(entry.Notifier, StringComparer.Ordinal))
        {
            throw new QueryFault(QueryFaultKind.NotNow, $"delivery {id} was for {entry.Notifier}, which the settings have no more");
        }

        if (entry.State != "failed" || !await deliveries.RepeatAsync(id, who, time.GetUtcNow(), cancellationToken))
        {
            throw new QueryFault(QueryFaultKind.NotNow, $"delivery {id} is {entry.State}; only one that failed can be repeated");
        }

        return await deliveries.FindAsync(id, cancellationToken) ?? entry;
    }

    public async Task<Page<Mute>> ListMutesAsync(ListFilter filter, bool all, CancellationToken cancellationToken)
    {
        var question = filter with { State = all ? "all" : "" };
        var page = await mutes.ListAsync(filter with { PageToken = PageTokens.Unwrap("mutes", question, filter.PageToken) }, all, time.GetUtcNow(), cancellationToken);
        return page with { NextPageToken = PageTokens.Wrap("mutes", question, page.NextPageToken) };
    }

    /// <exception cref="QueryFault">What it names is not there, or there are too many.</exception>
    public async Task<Mute> AddMuteAsync(MuteWish wish, string who, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (wish.Expires <= now || wish.Expires > now + Mute.Longest)
        {
            throw QueryFault.Invalid("expires", wish.Expires.ToString("u"), $"must be in the future, at most {Mute.Longest.TotalDays:0} days from now");
        }

        var incident = wish.IncidentPrefix.Length > 0 ? await FindIncidentAsync(wish.IncidentPrefix, cancellationToken) : null;
        var scope = wish.Scope.Length > 0 ? await _names.ResolveAsync(wish.Scope, cancellationToken) : incident?.ScopeId ?? "";
        if (incident is not null && incident.ScopeId != scope)
        {
            throw QueryFault.Invalid("incident_id", incident.Id, $"is of {incident.ScopeId}, not of {scope}");
        }

        var images = (await mutes.ListImagesAsync(scope, now, cancellationToken)).ToList();
        if (incident is not null)
        {
            var seen = await store.ListIncidentDeviationsAsync(incident.Id, cancellationToken);
            images.AddRange(seen.Where(deviation => deviation.Container is not null).Select(deviation => Mute.ImageOf(deviation.Container!.ImageDigest, deviation.Container.Image)));
        }

        var mute = new Mute
        {
            Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', scope, wish.Kind, wish.Key, incident?.Cause, who, wish.Reason, now.UtcTicks))).AsSpan(0, 10)),
            ScopeId = scope,
            Kind = wish.Kind,
            Key = wish.Key,
            Cause = incident?.Cause ?? "",
            Owner = wish.Owner.Length > 0 ? wish.Owner : who,
            CreatedBy = who,
            Reason = wish.Reason,
            Created = now,
            Expires = wish.Expires,
            Images = wish.AnyImage ? [] : [.. images.Where(image => image.Length > 0).Distinct(StringComparer.Ordinal).Take(Mute.MostImages)],
            AnyImage = wish.AnyImage,
        };
        return await book.AddAsync(mute, cancellationToken) is { } full ? throw new QueryFault(QueryFaultKind.TooMuch, full) : mute;
    }

    /// <exception cref="QueryFault">None or several of this id, or one that ended.</exception>
    public async Task<Mute> RemoveMuteAsync(string idPrefix, string who, CancellationToken cancellationToken)
    {
        var mute = await FindMuteAsync(idPrefix, cancellationToken);
        return await book.RemoveAsync(mute, who, cancellationToken)
            ? await FindMuteAsync(mute.Id, cancellationToken)
            : throw new QueryFault(QueryFaultKind.NotNow, $"mute {mute.Id} ended already");
    }

    private async Task<Incident> FindIncidentAsync(string idPrefix, CancellationToken cancellationToken) =>
        QueryReader.One("incident", idPrefix, await store.FindIncidentsAsync(idPrefix, cancellationToken), found => found.Id);

    private async Task<Mute> FindMuteAsync(string idPrefix, CancellationToken cancellationToken) =>
        QueryReader.One("mute", idPrefix, await mutes.FindAsync(idPrefix, cancellationToken), found => found.Id);
}
