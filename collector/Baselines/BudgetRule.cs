using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Baselines;

/// <summary>False alerts allowed to the deployments that a pattern names. In a pattern * stands for any characters, and one that is empty names all.</summary>
internal sealed class BudgetRule : IValidatableObject
{
    /// <summary>Name of the cluster, as its agents give it.</summary>
    public string Cluster { get; set; } = "";

    /// <summary>The namespace. Deployments without Kubernetes have none: only a pattern of stars or an empty one names them.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Name of the deployment (or DaemonSet, CronJob …), for all of its containers; the container's name without Kubernetes, the node's for a host.</summary>
    public string Deployment { get; set; } = "";

    /// <summary>False alerts allowed per day to each of these deployments, in place of AlertBudget. Smaller is quieter and sees less.</summary>
    [Range(BaselineOptions.LeastBudget, BaselineOptions.MostBudget)]
    public required double? FalseAlertsPerDay { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsNaming)
        {
            yield return new($"names no deployment: set Cluster, Namespace or Deployment ({BaselineOptions.Section}:{nameof(BaselineOptions.AlertBudget)} is for all)");
        }
    }

    public bool Names(Scope scope) =>
        Matches(Deployment, scope.OwnerName) && Matches(Namespace, scope.Namespace) && Matches(Cluster, scope.Cluster);

    /// <summary>Whether both name the same deployments by the same words.</summary>
    public bool IsSameAs(BudgetRule other) => IsNaming && (Cluster, Namespace, Deployment) == (other.Cluster, other.Namespace, other.Deployment);

    /// <summary>Compares greater for the rule that says more: of the deployment first, then of the namespace, then of the cluster.</summary>
    public (int Deployment, int Namespace, int Cluster) Specificity => (Weight(Deployment), Weight(Namespace), Weight(Cluster));

    /// <summary>"namespace shop, deployment web-*".</summary>
    public override string ToString() => string.Join(", ", new[] { ("cluster", Cluster), ("namespace", Namespace), ("deployment", Deployment) }
        .Where(part => part.Item2.Length > 0).Select(part => $"{part.Item1} {part.Item2}"));

    private bool IsNaming => Cluster.Length + Namespace.Length + Deployment.Length > 0;

    /// <summary>A whole name above any pattern; of two patterns the one with more characters of its own.</summary>
    private static int Weight(string pattern) => pattern.Length == 0 || pattern.Contains('*', StringComparison.Ordinal) ? pattern.Count(character => character != '*') : int.MaxValue;

    /// <summary>Case counts, as in the names. Goes back to the last star only: time is at most the product of the lengths.</summary>
    internal static bool Matches(string pattern, string name)
    {
        if (pattern.Length == 0)
        {
            return true;
        }

        var (at, star, retry) = (0, -1, 0);
        for (var i = 0; i < name.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, retry) = (at++, i);
            }
            else if (at < pattern.Length && pattern[at] == name[i])
            {
                at++;
                i++;
            }
            else if (star >= 0)
            {
                (at, i) = (star + 1, ++retry);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(at).Trim('*').IsEmpty;
    }
}

/// <summary>What one scope may cost.</summary>
/// <param name="FalseAlertsPerDay">Expected false alerts allowed per day.</param>
/// <param name="Setting">The setting that gave it: "Baselines:AlertBudget", or "Baselines:Budgets:2 (namespace shop)".</param>
internal readonly record struct Budget(double FalseAlertsPerDay, string Setting);
