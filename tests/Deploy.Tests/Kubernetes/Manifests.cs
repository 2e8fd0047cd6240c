using k8s;
using k8s.Models;

namespace Runtime.Deploy.Tests.Kubernetes;

/// <summary>Our manifests as KubernetesClient's types; a field that the API does not know is an error.</summary>
internal static class Manifests
{
    // The kinds that we use: another one in a manifest is a decision, made here.
    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["v1/Namespace"] = typeof(V1Namespace),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
        ["v1/Service"] = typeof(V1Service),
        ["v1/ConfigMap"] = typeof(V1ConfigMap),
        ["v1/ResourceQuota"] = typeof(V1ResourceQuota),
        ["apps/v1/DaemonSet"] = typeof(V1DaemonSet),
        ["apps/v1/StatefulSet"] = typeof(V1StatefulSet),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
    };

    public static string Base { get; } = Repository.Deploy("kubernetes", "base");
    public static string Example { get; } = Repository.Deploy("kubernetes", "overlays", "example");

    /// <summary>All resources that the base's kustomization lists.</summary>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> ReadBase() =>
        [.. Kustomization.Read(Base).Resources.SelectMany(file => Read(File.ReadAllText(Path.Combine(Base, file))))];

    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Read(string yaml) =>
        [.. KubernetesYaml.LoadAllFromString(yaml, Kinds, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];

    /// <summary>The pod templates with the object that holds them.</summary>
    public static IEnumerable<(IKubernetesObject<V1ObjectMeta> Owner, V1LabelSelector Selector, V1PodTemplateSpec Template)> Pods(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
    {
        foreach (var item in objects)
        {
            if (item is V1DaemonSet daemonSet)
            {
                yield return (item, daemonSet.Spec.Selector, daemonSet.Spec.Template);
            }
            else if (item is V1StatefulSet statefulSet)
            {
                yield return (item, statefulSet.Spec.Selector, statefulSet.Spec.Template);
            }
        }
    }

    public static bool Matches(IDictionary<string, string>? selector, IDictionary<string, string>? labels) =>
        selector is null || selector.All(pair => labels is not null && labels.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
