using System.Security.Claims;

namespace Runtime.Collector.Security;

/// <summary>What a caller may do.</summary>
[Flags]
internal enum CallerRoles
{
    None = 0,

    /// <summary>Hands in observations.</summary>
    Agent = 1,

    /// <summary>Reads everything, closes and approves.</summary>
    Operator = 2,
}

/// <summary>Who made a connection; a feature of the connection, set before a byte of it is parsed.</summary>
/// <param name="Who">"root (uid 0)" by peer credentials, or the certificate's subject. Goes to the audit.</param>
internal sealed record Caller(string Who, CallerRoles Roles)
{
    /// <summary>Names of the authentication scheme and of the policies, which are the roles.</summary>
    public const string Scheme = "connection";
    public const string AgentPolicy = "agent";
    public const string OperatorPolicy = "operator";

    public ClaimsPrincipal ToPrincipal()
    {
        var identity = new ClaimsIdentity(Scheme);
        identity.AddClaim(new Claim(ClaimTypes.Name, Who));
        if (Roles.HasFlag(CallerRoles.Agent))
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, AgentPolicy));
        }

        if (Roles.HasFlag(CallerRoles.Operator))
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, OperatorPolicy));
        }

        return new ClaimsPrincipal(identity);
    }
}
