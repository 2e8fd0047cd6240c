using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Runtime.Collector.Query;
using Runtime.Collector.Security;
using Runtime.V1;

namespace Runtime.Collector.Web.Access;

/// <summary>Lets browsers in, for who came through a door that proves who asks.</summary>
internal sealed class WebService(WebOptions options, EntryLinks links, Sessions sessions) : V1.Web.WebBase
{
    public override Task<CreateLinkResponse> CreateLink(CreateLinkRequest request, ServerCallContext context)
    {
        if (options.EndPoint is null)
        {
            throw new QueryFault(QueryFaultKind.NotNow, $"the page is off: set {WebOptions.Section}:{nameof(WebOptions.Listen)} to an address of this machine, such as 127.0.0.1:7380, and start the collector again");
        }

        var asker = context.GetHttpContext().Features.Get<Caller>() ?? throw new InvalidOperationException("a call came past the authorisation without a caller");
        var (role, roles) = Role(request.Role, asker.Roles);
        var (secret, ends) = links.Make(new Caller(asker.Who + ", web page", roles))
            ?? throw new QueryFault(QueryFaultKind.TooMuch, $"{EntryLinks.Max} links wait to be used; each ends after {EntryLinks.Lifetime.TotalSeconds:0} s");
        return Task.FromResult(new CreateLinkResponse
        {
            Url = $"{options.Origin}{EntryEndpoints.EnterPath}?{EntryEndpoints.LinkParameter}={secret}",
            Role = role,
            Expires = Timestamp.FromDateTimeOffset(ends),
        });
    }

    [Authorize(Caller.AdminPolicy)]
    public override Task<EndSessionsResponse> EndSessions(EndSessionsRequest request, ServerCallContext context)
    {
        links.EndAll();
        return Task.FromResult(new EndSessionsResponse { Sessions = (uint)sessions.EndAll() });
    }

    private static (string Name, CallerRoles Roles) Role(string name, CallerRoles askers)
    {
        var own = Caller.PeoplesRoles.Where(role => askers.HasFlag(role.Role)).ToList();
        if (name.Length == 0)
        {
            return own[^1];
        }

        var names = string.Join(", ", Caller.PeoplesRoles.Select(role => role.Policy));
        return !Caller.PeoplesRoles.Any(role => role.Policy == name) ? throw QueryFault.Invalid("role", name, "must be one of " + names)
            : own.Find(role => role.Policy == name) is { Policy: not null } found ? found
            : throw new RpcException(new Status(StatusCode.PermissionDenied, $"role = \"{name}\": you may not do that much yourself; ask for {own[^1].Policy}"));
    }
}
