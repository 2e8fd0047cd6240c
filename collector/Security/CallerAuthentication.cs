using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Runtime.Collector.Security.Tokens;

namespace Runtime.Collector.Security;

/// <summary>Makes the connection's <see cref="Caller"/> the user of each of its requests; or, where the connection has none, whoever the cluster says the request's token is of.</summary>
internal sealed class CallerAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string BearerPrefix = "Bearer ";
    private const string GrpcType = "application/grpc";

    // grpc/status.h
    private const string GrpcPermissionDenied = "7";
    private const string GrpcUnauthenticated = "16";

    private TokenVerdict? _verdict;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Features of the connection show through the request's.
        var caller = Context.Features.Get<Caller>();
        if (caller is null)
        {
            if (Context.RequestServices.GetService<TokenReviewer>() is not { } tokens || Context.Features.Get<TokenDoor>() is null)
            {
                return AuthenticateResult.Fail("the connection has no caller: it came through no door of ours");
            }

            var header = Request.Headers.Authorization.ToString();
            _verdict = header.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
                ? await tokens.ReviewAsync(header[BearerPrefix.Length..].Trim(), Context.RequestAborted)
                : new(null, "neither a client certificate nor a token: send \"Authorization: Bearer TOKEN\"");
            caller = _verdict.Caller;
        }

        return caller is null
            ? AuthenticateResult.Fail(_verdict!.Fault)
            : AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(), Caller.Scheme));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_verdict is not { Caller: null } refused)
        {
            return base.HandleChallengeAsync(properties);
        }

        if (Request.ContentType?.StartsWith(GrpcType, StringComparison.Ordinal) == true)
        {
            // An answer that is only a status; its text may hold nothing but ASCII.
            Response.ContentType = GrpcType;
            Response.Headers["grpc-status"] = refused.IsKnown ? GrpcPermissionDenied : GrpcUnauthenticated;
            Response.Headers["grpc-message"] = Uri.EscapeDataString(refused.Fault);
            return Task.CompletedTask;
        }

        Response.StatusCode = refused.IsKnown ? StatusCodes.Status403Forbidden : StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer";
        Response.ContentType = "text/plain; charset=utf-8";
        return Response.WriteAsync(refused.Fault + "\n");
    }
}

/// <summary>Marks a connection whose requests show who sends them by a token: a feature of the connection.</summary>
internal sealed class TokenDoor
{
    private TokenDoor()
    {
    }

    public static TokenDoor Here { get; } = new();
}
