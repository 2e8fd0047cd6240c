using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Runtime.Collector.Security;
using Runtime.V1;

namespace Runtime.Collector.Query;

/// <summary>The shell of <see cref="AlertsReader"/>, as <see cref="QueryService"/> is of its reader.</summary>
internal sealed class AlertsService(AlertsReader reader, TimeProvider time) : Alerts.AlertsBase
{
    public override async Task<ListNotifiersResponse> ListNotifiers(ListNotifiersRequest request, ServerCallContext context) =>
        new() { Notifiers = { (await reader.ListNotifiersAsync(context.CancellationToken)).Select(notifier => AlertsWire.Notifier(notifier.Options, notifier.Count)) } };

    public override async Task<ListDeliveriesResponse> ListDeliveries(ListDeliveriesRequest request, ServerCallContext context)
    {
        var page = await reader.ListDeliveriesAsync(AlertsRules.Filter(request), context.CancellationToken);
        return new ListDeliveriesResponse { Deliveries = { page.Items.Select(AlertsWire.Delivery) }, NextPageToken = page.NextPageToken };
    }

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<Delivery> RepeatDelivery(RepeatDeliveryRequest request, ServerCallContext context) =>
        AlertsWire.Delivery(await reader.RepeatAsync(request.Id, QueryService.Who(context), context.CancellationToken));

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<Mute> AddMute(AddMuteRequest request, ServerCallContext context) =>
        Told(await reader.AddMuteAsync(AlertsRules.Wish(request), QueryService.Who(context), context.CancellationToken));

    public override async Task<ListMutesResponse> ListMutes(ListMutesRequest request, ServerCallContext context)
    {
        var page = await reader.ListMutesAsync(AlertsRules.Filter(request), request.All, context.CancellationToken);
        return new ListMutesResponse { Mutes = { page.Items.Select(Told) }, NextPageToken = page.NextPageToken };
    }

    [Authorize(Caller.AnalystPolicy)]
    public override async Task<Mute> RemoveMute(RemoveMuteRequest request, ServerCallContext context) =>
        Told(await reader.RemoveMuteAsync(RequestRules.IdPrefix(request.Id), QueryService.Who(context), context.CancellationToken));

    private Mute Told(Mutes.Mute mute) => AlertsWire.Mute(mute, time.GetUtcNow());
}
