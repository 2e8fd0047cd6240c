using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Runtime.Collector.Configuration;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access.Oidc;

/// <summary>How a sign-in by the provider ends: with a session, with words on what is missing, or refused.</summary>
internal sealed class OidcOutcome(OidcOptions options, Entry entry, Refusals refusals, TimeProvider time)
{
    /// <summary>Item of the sign-in's state: the session of who is in already.</summary>
    public const string ReplacesItem = "replaces";

    private const int MostValuesShown = 20;

    public void Hear(OpenIdConnectEvents events)
    {
        events.OnAuthorizationCodeReceived = Redeem;
        events.OnTicketReceived = ReceivedAsync;
        events.OnRemoteFailure = FailedAsync;
    }

    /// <summary>The provider cannot be asked.</summary>
    public Task UnreachableAsync(HttpResponse response, Exception e)
    {
        refusals.Add("oidc", $"the provider {options.Authority} cannot be asked: {OidcPerson.Short(e.GetBaseException().Message)}");
        return PlainPage.WriteAsync(response, StatusCodes.Status503ServiceUnavailable, "Sign-in is not possible now", "The provider does not answer as it should; the collector's log says how. A link still works:");
    }

    private Task Redeem(AuthorizationCodeReceivedContext context)
    {
        // The framework leaves it to the browser to forget its cookie.
        if (context.Properties?.IssuedUtc is not { } began || time.GetUtcNow() - began > OidcSetup.LongestSignIn)
        {
            context.Fail("the provider's answer came too late");
            return Task.CompletedTask;
        }

        if (options.ClientSecretFile.Length == 0)
        {
            return Task.CompletedTask;
        }

        if (SecretFiles.TryRead(options.ClientSecretFile, out var secret, out var words))
        {
            context.TokenEndpointRequest!.ClientSecret = secret;
        }
        else
        {
            context.Fail($"Web:Oidc:ClientSecretFile = \"{options.ClientSecretFile}\": {words}");
        }

        return Task.CompletedTask;
    }

    private Task ReceivedAsync(TicketReceivedContext context)
    {
        context.HandleResponse();
        var person = OidcPerson.Of(context.Principal!, options);
        if (person.Roles == CallerRoles.None)
        {
            refusals.Add("oidc-role", $"{person.Name} came to the page and has no role: {options.RoleClaim} is {Words(person.Values)}, and Web:Oidc:Roles names none of it");
            return PlainPage.WriteAsync(
                context.Response, StatusCodes.Status403Forbidden, "You have no role here",
                Html($"The provider says that you are {person.Name}. Of the claim {OidcPerson.Short(options.RoleClaim)} it says: {Words(person.Values)}. ")
                + "A role comes from one of its values that the collector's setting Web:Oidc:Roles names. Ask who runs the collector to name one of these there, or who runs the provider to give you one that is named.", SignInLink("/"));
        }

        entry.Open(context.HttpContext, person.Caller, context.Properties?.Items.TryGetValue(ReplacesItem, out var id) == true ? id : null);

        // A page of ours leads on: the browser counts a redirect from here as the provider's, and sends no strict cookie with it.
        return PlainPage.WriteAsync(context.Response, StatusCodes.Status200OK, "Signed in", "", $"<p><a href=\"{Html(context.ReturnUri!)}\">Go on</a></p>", goOn: context.ReturnUri!);
    }

    private Task FailedAsync(RemoteFailureContext context)
    {
        context.HandleResponse();
        var why = context.Failure?.Data["error"] as string ?? "";
        refusals.Add("oidc", $"a sign-in by {options.Authority} was refused: {PrintableText.Escape(context.Failure?.GetBaseException().Message ?? why)}");
        return PlainPage.WriteAsync(
            context.Response, StatusCodes.Status401Unauthorized, "Sign-in failed",
            why.Length > 0 ? Html($"The provider says: {OidcPerson.Short(why)}.") : "The provider's answer was not accepted, or it came too late or in another browser; the collector's log says which.", SignInLink("/"));
    }

    /// <summary>HTML.</summary>
    /// <param name="to">Where to go then: an address of the page, with neither scheme nor host.</param>
    public static string SignInLink(string to) => $"<p><a class=\"sign-in\" href=\"{Html($"{EntryEndpoints.SignInPath}?{EntryEndpoints.ToParameter}={Uri.EscapeDataString(to)}")}\">Sign in</a></p>";

    private static string Words(IReadOnlyList<string> values) => values.Count == 0 ? "nothing at all"
        : string.Join(", ", values.Take(MostValuesShown).Select(OidcPerson.Short)) + (values.Count > MostValuesShown ? $" and {values.Count - MostValuesShown} more" : "");

    private static string Html(string text) => HtmlEncoder.Default.Encode(text);
}
