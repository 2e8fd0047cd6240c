using Runtime.V1;

namespace Runtime.Collector.Query;

/// <summary>Checks what callers of <see cref="AlertsService"/> send; see <see cref="RequestRules"/>.</summary>
internal static class AlertsRules
{
    private const string Fact = "tier0";
    private const int MaxOwnerLength = 200;

    private static readonly string[] _deliveryStates = ["waiting", "delivered", "failed"];

    public static DeliveryFilter Filter(ListDeliveriesRequest request) => new(
        RequestRules.PageSize(request.PageSize), request.PageToken, RequestRules.Text("notifier", request.Notifier), RequestRules.OneOf("state", request.State, _deliveryStates),
        RequestRules.Text("incident_id", request.IncidentId));

    public static ListFilter Filter(ListMutesRequest request) => new(RequestRules.PageSize(request.PageSize), request.PageToken, RequestRules.Text("scope", request.Scope));

    public static MuteWish Wish(AddMuteRequest request)
    {
        if (request.Scope.Length + request.IncidentId.Length == 0)
        {
            throw QueryFault.Invalid("scope", "", "must name a deployment, or incident_id an incident");
        }

        var kind = RequestRules.ItemKind(request.Kind);
        var key = request.Key.Length == 0 ? "" : RequestRules.Key(request.Key);
        if (kind == Fact && !NamesFact(key))
        {
            throw QueryFault.Invalid("key", key, "must begin with the name of the fact and '|', such as \"memfd_exec|*\": a fact that needs no baseline is muted only by its name");
        }

        return new MuteWish(
            RequestRules.Text("scope", request.Scope), kind, key, request.IncidentId.Length == 0 ? "" : RequestRules.IdPrefix(request.IncidentId),
            request.Owner.Length <= MaxOwnerLength ? request.Owner.Trim() : throw QueryFault.Invalid("owner", request.Owner, $"must be at most {MaxOwnerLength} characters"),
            RequestRules.Reason(request.Reason),
            RequestRules.Time("expires", request.Expires) ?? throw QueryFault.Invalid("expires", "", "must be set: a mute ends by itself"), request.AnyImage);
    }

    private static bool NamesFact(string key) => key.IndexOf('|', StringComparison.Ordinal) is > 0 and var end && !key.AsSpan(0, end).Contains('*');
}
