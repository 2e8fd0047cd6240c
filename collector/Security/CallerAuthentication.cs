using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Runtime.Collector.Security;

/// <summary>Makes the connection's <see cref="Caller"/> the user of each of its requests.</summary>
internal sealed class CallerAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Features of the connection show through the request's.
        var caller = Context.Features.Get<Caller>();
        return Task.FromResult(caller is null
            ? AuthenticateResult.Fail("the connection has no caller: it came through no door of ours")
            : AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(), Caller.Scheme)));
    }
}
