using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>Incidents that a notifier is for: all that is set must fit. In a pattern * stands for any characters; case counts.</summary>
internal sealed class AlertFilter : IValidatableObject
{
    /// <summary>Pattern of the cluster's name.</summary>
    public string Cluster { get; set; } = "";

    /// <summary>Pattern of the namespace. Deployments without Kubernetes have none.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Pattern of the name of the deployment (or DaemonSet, CronJob …); the container's without Kubernetes, the node's for a host.</summary>
    public string Deployment { get; set; } = "";

    /// <summary>Pattern of the kind of owner: Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod, Container, Host.</summary>
    public string OwnerKind { get; set; } = "";

    /// <summary>Labels that a pod of the incident has, which are those of its deployment's template: name and pattern of the value. All of them.</summary>
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>Kinds of deviation (exec, edge, file_write, egress, tier0 …), of which the incident holds one. Empty: any.</summary>
    public List<string> Kinds { get; set; } = [];

    /// <summary>Incidents below it do not fit.</summary>
    public Severity? MinimumSeverity { get; set; }

    public bool Fits(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        return incident.Severity >= (MinimumSeverity ?? Severity.Unspecified)
            && BudgetRule.Matches(Cluster, scope.Cluster)
            && BudgetRule.Matches(Namespace, scope.Namespace)
            && BudgetRule.Matches(Deployment, scope.OwnerName)
            && BudgetRule.Matches(OwnerKind, scope.OwnerKind)
            && Labels.All(label => incident.Labels.TryGetValue(label.Key, out var value) && BudgetRule.Matches(label.Value, value))
            && (Kinds.Count == 0 || Kinds.Exists(incident.Kinds.Contains));
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Cluster.Length + Namespace.Length + Deployment.Length + OwnerKind.Length + Labels.Count + Kinds.Count == 0 && MinimumSeverity is null)
        {
            yield return new("fits everything: set one of its keys, or leave For out");
        }

        if (Kinds.Find(kind => Item.KindOf(kind) is null) is { } unknown)
        {
            yield return new($"has \"{unknown}\", which is no kind of deviation: one of {string.Join(", ", Enum.GetValues<ItemKind>().Select(Item.Name).Order(StringComparer.Ordinal))}", [nameof(Kinds)]);
        }
    }
}
