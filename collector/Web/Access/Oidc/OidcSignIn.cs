using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Runtime.Collector.Web.Access.Oidc;

/// <summary>The framework's handler, for the page's door alone, and with the limit of those who are not in: the provider's answers come before any endpoint.</summary>
internal sealed class OidcSignIn(IOptionsMonitor<OpenIdConnectOptions> options, ILoggerFactory logger, HtmlEncoder htmlEncoder, UrlEncoder encoder, StrangersLimit strangers)
    : OpenIdConnectHandler(options, logger, htmlEncoder, encoder)
{
    public const string SchemeName = "oidc";

    public override async Task<bool> HandleRequestAsync()
    {
        if (!WebDoor.IsDoorOf(Context) || Request.Path != Options.CallbackPath)
        {
            return false;
        }

        if (strangers.TryAsk())
        {
            return await base.HandleRequestAsync();
        }

        await StrangersLimit.RefuseAsync(Response);
        return true;
    }
}
