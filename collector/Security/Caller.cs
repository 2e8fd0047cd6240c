using System.Security.Claims;

namespace Runtime.Collector.Security;

/// <summary>What a caller may do.</summary>
[Flags]
internal enum CallerRoles
{
    None = 0,

    /// <summary>Hands in observations.</summary>
    Agent = 1,

    /// <summary>Reads everything.</summary>
    Viewer = 2,

    /// <summary>Closes, approves, mutes, changes baselines, tries notifiers, repeats deliveries.</summary>
    Analyst = 4,

    /// <summary>Lets others in and ends their sessions.</summary>
    Admin = 8,

    /// <summary>What people who came through a door of this machine or with an operator's certificate may do.</summary>
    Operator = Viewer | Analyst | Admin,
}

/// <summary>Who made a connection; a feature of the connection, set before a byte of it is parsed.</summary>
/// <param name="Who">"root (uid 0)" by peer credentials, or the certificate's subject. Goes to the audit.</param>
/// <param name="Nodes">Nodes that it may speak for as an agent; null: any.</param>
internal sealed record Caller(string Who, CallerRoles Roles, IReadOnlyList<string>? Nodes = null)
{
    /// <returns>Why it may not speak for this node, in words that name both; null when it may.</returns>
    public string? FaultFor(string node) => Nodes is null || Nodes.Contains(node, StringComparer.Ordinal)
        ? null
        : $"the certificate {Who} names {(Nodes.Count == 0 ? "no node" : string.Join(", ", Nodes))} and must not speak for the node {node}: give each node a certificate whose CN, "
            + $"DNS name or URI spiffe://DOMAIN/agent/NODE is the node's name, or set {AccessOptions.Section}:{nameof(AccessOptions.AgentCertificate)} to {nameof(AgentCertificate.AnyNode)}";

    /// <summary>Names of the authentication scheme and of the policies, which are the roles.</summary>
    public const string Scheme = "connection";
    public const string AgentPolicy = "agent";
    public const string ViewerPolicy = "viewer";
    public const string AnalystPolicy = "analyst";
    public const string AdminPolicy = "admin";

    /// <summary>People's roles, the least first: each may do what those before it may.</summary>
    public static IReadOnlyList<(string Policy, CallerRoles Role)> PeoplesRoles { get; } =
        [(ViewerPolicy, CallerRoles.Viewer), (AnalystPolicy, CallerRoles.Viewer | CallerRoles.Analyst), (AdminPolicy, CallerRoles.Operator)];

    public ClaimsPrincipal ToPrincipal()
    {
        var identity = new ClaimsIdentity(Scheme);
        identity.AddClaim(new Claim(ClaimTypes.Name, Who));
        if (Roles.HasFlag(CallerRoles.Agent))
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, AgentPolicy));
        }

        identity.AddClaims(PeoplesRoles.Where(role => Roles.HasFlag(role.Role)).Select(role => new Claim(ClaimTypes.Role, role.Policy)));
        return new ClaimsPrincipal(identity);
    }
}
