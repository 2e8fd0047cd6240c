using System.Security.Claims;
using Runtime.Collector.Configuration;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access.Oidc;

/// <summary>What an ID token says of a person. The provider's names are its users' own text: shown escaped and shortened.</summary>
/// <param name="Name">For people: the name claim, and the subject that the provider never gives to somebody else.</param>
/// <param name="Values">Of the role claim.</param>
internal sealed record OidcPerson(string Name, CallerRoles Roles, IReadOnlyList<string> Values)
{
    private const int MostCharacters = 100;

    public Caller Caller => new(Name, Roles);

    public static OidcPerson Of(ClaimsPrincipal principal, OidcOptions options)
    {
        // Always there: the handler refuses a token without it.
        var subject = principal.FindFirst("sub")!.Value;
        var name = principal.FindFirst(options.NameClaim)?.Value ?? "";
        var values = principal.FindAll(options.RoleClaim).Select(claim => claim.Value).ToList();
        return new($"{(name.Length > 0 ? Short(name) : Short(subject))} (OIDC {Short(subject)} of {new Uri(options.Authority).Authority})", options.Roles.RolesOf(values), values);
    }

    public static string Short(string text)
    {
        var shown = PrintableText.Escape(text);
        return shown.Length <= MostCharacters ? shown : string.Concat(shown.AsSpan(0, MostCharacters - 1), "…");
    }
}
