using System.ComponentModel.DataAnnotations;

namespace Runtime.Collector.Security;

/// <summary>Whom which role is given to. Each role may do what those before it may; values are compared with case and whole.</summary>
internal sealed class RoleLists : IValidatableObject
{
    private const int Max = 64;

    /// <summary>Who may look. At most 64 values.</summary>
    public IReadOnlyList<string> Viewers { get; set; } = [];

    /// <summary>Who may also close, approve, change baselines and try notifiers. At most 64 values.</summary>
    public IReadOnlyList<string> Analysts { get; set; } = [];

    /// <summary>Who may everything. At most 64 values.</summary>
    public IReadOnlyList<string> Admins { get; set; } = [];

    public bool IsEmpty => Viewers.Count + Analysts.Count + Admins.Count == 0;

    public IEnumerable<string> All => [.. Viewers, .. Analysts, .. Admins];

    /// <summary>None: nobody gave one to any of these.</summary>
    public CallerRoles RolesOf(IReadOnlyCollection<string> values)
    {
        var roles = CallerRoles.None;
        foreach (var (list, (_, role)) in new[] { Viewers, Analysts, Admins }.Zip(Caller.PeoplesRoles))
        {
            if (list.Any(value => values.Contains(value, StringComparer.Ordinal)))
            {
                roles |= role;
            }
        }

        return roles;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, list) in new[] { (nameof(Viewers), Viewers), (nameof(Analysts), Analysts), (nameof(Admins), Admins) })
        {
            if (list.Count > Max || list.Any(string.IsNullOrWhiteSpace))
            {
                yield return new($"must be at most {Max} values, none of them empty", [name]);
            }
        }
    }
}
