using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Security.Tokens;

/// <summary>People and programs of a Kubernetes cluster come through the TCP door with a token instead of a certificate; the cluster says whose it is.</summary>
internal sealed class TokenReviewOptions : IValidatableObject
{
    private static readonly string[] _prefixes = [TokenIdentity.UserPrefix, TokenIdentity.GroupPrefix, TokenIdentity.ServiceAccountPrefix];

    /// <summary>Whether tokens are taken: as "Authorization: Bearer" of each request. Agents need a certificate all the same.</summary>
    public bool Enabled { get; set; }

    /// <summary>What a token must be made for (kubectl create token NAME --audience AUDIENCE), so that one for another server, or for the cluster itself, is of no use here.</summary>
    public string Audience { get; set; } = "runtime-collector";

    /// <summary>The cluster's API server, over https (or http to this machine).</summary>
    public string ApiServer { get; set; } = "https://kubernetes.default.svc";

    /// <summary>File with the token that the collector asks with; its account needs the role system:auth-delegator. Read again at each question.</summary>
    public string TokenFile { get; set; } = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    /// <summary>PEM file with the authorities of the API server's certificate. Empty: those of the system.</summary>
    public string CaFile { get; set; } = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

    /// <summary>Roles, each of user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME.</summary>
    public RoleLists Roles { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enabled)
        {
            yield break;
        }

        if (Audience.Length == 0)
        {
            yield return new("must be set: a token that was made for another server must not be good here", [nameof(Audience)]);
        }

        if (NotifierRules.UrlFault(ApiServer, allowInsecure: false) is { } fault)
        {
            yield return new(fault, [nameof(ApiServer)]);
        }

        if (!SecretFiles.TryRead(TokenFile, out _, out var words))
        {
            yield return new(words, [nameof(TokenFile)]);
        }

        if (CaFile.Length > 0 && !File.Exists(CaFile))
        {
            yield return new("must name a PEM file that exists and that the collector may read", [nameof(CaFile)]);
        }

        if (Roles.IsEmpty || Roles.All.Any(value => !_prefixes.Any(prefix => value.StartsWith(prefix, StringComparison.Ordinal) && value.Length > prefix.Length)))
        {
            yield return new("must give at least one user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME a role, and nothing else, such as Viewers:0=group:sre", [nameof(Roles)]);
        }
    }
}
