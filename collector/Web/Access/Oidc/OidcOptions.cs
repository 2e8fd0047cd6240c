using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access.Oidc;

/// <summary>People of a provider of OpenID Connect come to the page. Off while Authority is empty.</summary>
internal sealed class OidcOptions : IValidatableObject
{
    /// <summary>The provider's issuer, such as https://login.example.com/realms/main: its discovery document lies below it. https, or http on this machine.</summary>
    public string Authority { get; set; } = "";

    /// <summary>What the provider calls this page. Its redirect address there is PublicUrl followed by /sign-in/callback.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>File with the client's secret; read again at every sign-in. Empty: the provider knows the page as a public client. PKCE is used in both cases.</summary>
    public string ClientSecretFile { get; set; } = "";

    /// <summary>Asked for beside openid.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = ["profile", "email"];

    /// <summary>Claim of the ID token whose values give roles.</summary>
    public string RoleClaim { get; set; } = "groups";

    /// <summary>Values of RoleClaim, and the roles that they give.</summary>
    public RoleLists Roles { get; set; } = new();

    /// <summary>Claim of the ID token that people are called by, in the page and in the audit, beside the provider's own name for them (sub).</summary>
    public string NameClaim { get; set; } = "preferred_username";

    /// <summary>PEM file with the authorities of the provider's certificate. Empty: those of the system.</summary>
    public string CaFile { get; set; } = "";

    public bool IsOn => Authority.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
        {
            foreach (var (name, _) in new[] { (nameof(ClientId), ClientId), (nameof(ClientSecretFile), ClientSecretFile), (nameof(CaFile), CaFile) }.Where(setting => setting.Item2.Length > 0))
            {
                yield return new("has no effect without Web:Oidc:Authority: set both or neither", [name]);
            }

            yield break;
        }

        if (NotifierRules.UrlFault(Authority, allowInsecure: false) is { } fault)
        {
            yield return new(fault, [nameof(Authority)]);
        }

        foreach (var (name, value) in new[] { (nameof(ClientId), ClientId), (nameof(RoleClaim), RoleClaim), (nameof(NameClaim), NameClaim) })
        {
            if (value.Length == 0)
            {
                yield return new("must be set, because Web:Oidc:Authority is", [name]);
            }
        }

        if (ClientSecretFile.Length > 0 && !SecretFiles.TryRead(ClientSecretFile, out _, out var words))
        {
            yield return new(words, [nameof(ClientSecretFile)]);
        }

        if (CaFile.Length > 0 && !File.Exists(CaFile))
        {
            yield return new("must name a PEM file that exists and that the collector may read", [nameof(CaFile)]);
        }

        if (Roles.IsEmpty)
        {
            yield return new($"must give at least one value of {RoleClaim} a role, such as Web:Oidc:Roles:Viewers: nobody could come in", [nameof(Roles)]);
        }
    }
}
