using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;
using Xunit;

namespace Runtime.Deploy.Tests.Kubernetes;

/// <summary>What kustomize makes of the folders. Skipped where there is no kubectl (Debian's kubernetes-client has it).</summary>
public sealed class RenderTests
{
    private const string Kustomization = "kustomization.yaml";

    /// <summary>A component is rendered only as a part of an overlay.</summary>
    public static TheoryData<string> Folders => [.. ManifestsTests.Folders.Select(row => row.Data).Where(folder => !IsComponent(folder))];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Folder_Rendered_IsValidAndCompleteInItself(string folder)
    {
        var objects = Manifests.Read(await RenderAsync(folder));

        var (configMaps, accounts) = (Names<V1ConfigMap>(), Names<V1ServiceAccount>());
        Assert.All(objects.Where(item => item is not V1Namespace), item => Assert.Equal("runtime-system", item.Metadata.NamespaceProperty));
        Assert.Equal(objects.Count, objects.Select(item => (item.Kind, item.Metadata.Name)).Distinct().Count());
        Assert.All(Manifests.Pods(objects), pod =>
        {
            Assert.Contains(pod.Template.Spec.ServiceAccountName, accounts);
            Assert.All(pod.Template.Spec.Volumes.Where(volume => volume.ConfigMap is not null), volume => Assert.Contains(volume.ConfigMap.Name, configMaps));
            Assert.All(pod.Template.Spec.Containers, container => Assert.Matches(@"^([a-z]+/)?runtime-[a-z]+:\d+\.\d+\.\d+$", container.Image));
            Assert.True(Manifests.Matches(pod.Selector.MatchLabels, pod.Template.Metadata.Labels));
        });
        Assert.Equal(["runtime-agent", "runtime-collector"], Manifests.Pods(objects).Select(pod => pod.Owner.Metadata.Name).Order(StringComparer.Ordinal));

        List<string> Names<T>() => [.. objects.OfType<T>().Select(item => ((k8s.IKubernetesObject<V1ObjectMeta>)item!).Metadata.Name)];
    }

    [Fact]
    public async Task Example_Rendered_MountsTheSecretsThatItsSettingsName()
    {
        var objects = Manifests.Read(await RenderAsync(Manifests.Example));

        var settings = objects.OfType<V1ConfigMap>().Single().Data["collector.json"];
        Assert.Contains("/etc/runtime/notifiers/slack-url", settings, StringComparison.Ordinal);
        var pod = objects.OfType<V1StatefulSet>().Single().Spec.Template.Spec;
        Assert.Contains(pod.Containers.Single().VolumeMounts, mount => mount.MountPath == "/etc/runtime/notifiers");
        Assert.Contains(pod.Volumes, volume => volume.Secret?.SecretName == "runtime-notifiers");

        // A patch adds to the base; it must not have lost any of it.
        var before = Manifests.Pods(Manifests.ReadBase()).Single(item => item.Owner.Metadata.Name == "runtime-collector").Template.Spec;
        Assert.Empty(before.Volumes.Select(volume => volume.Name).Except(pod.Volumes.Select(volume => volume.Name)));
        Assert.Equal(before.Containers.Single().SecurityContext.Capabilities.Drop, pod.Containers.Single().SecurityContext.Capabilities.Drop);

        var agent = objects.OfType<V1DaemonSet>().Single().Spec.Template.Spec.Containers.Single();
        var agentBefore = Manifests.Pods(Manifests.ReadBase()).Single(item => item.Owner.Metadata.Name == "runtime-agent").Template.Spec.Containers.Single();
        Assert.Equal(["RUNTIME_AGENT__Cluster"], agent.Env.Select(variable => variable.Name).Except(agentBefore.Env.Select(variable => variable.Name)));
        Assert.Equal(agentBefore.Env.Count + 1, agent.Env.Count);
    }

    [Fact]
    public async Task Component_InAnOverlay_AddsWhatItNeedsAndTakesNothing()
    {
        var component = Assert.Single(ManifestsTests.Folders.Select(row => row.Data), IsComponent);
        using var overlay = new Overlay(Manifests.Base, component);
        var objects = Manifests.Read(await RenderAsync(overlay.Folder));

        Assert.Equal("system:auth-delegator", objects.OfType<V1ClusterRoleBinding>().Single().RoleRef.Name);
        Assert.Equal(Manifests.ReadBase().Count, objects.Count(item => Manifests.ReadBase().Any(before => (before.Kind, before.Metadata.Name) == (item.Kind, item.Metadata.Name))));
        var pod = objects.OfType<V1StatefulSet>().Single().Spec.Template.Spec;
        Assert.Contains(pod.Volumes, volume => volume is { Name: "token", Projected: not null });
        Assert.Contains(pod.Containers.Single().Env, variable => variable is { Name: "RUNTIME_COLLECTOR__Listen__TokenReview__Enabled", Value: "true" });
    }

    private static bool IsComponent(string folder) => File.ReadAllText(Path.Combine(folder, Kustomization)).Contains("kind: Component", StringComparison.Ordinal);

    /// <summary>A folder of its own that takes a base and a component, as an operator's does.</summary>
    private sealed class Overlay : IDisposable
    {
        public Overlay(string below, string component) => File.WriteAllText(
            Path.Combine(Folder, Kustomization), $"resources: [{Path.GetRelativePath(Folder, below)}]\ncomponents: [{Path.GetRelativePath(Folder, component)}]\n");

        public string Folder { get; } = Directory.CreateTempSubdirectory("overlay-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }

    private static async Task<string> RenderAsync(string folder)
    {
        var version = await KubectlAsync("version", "--client", "--output", "json");
        // "major": "1", "minor": "32+"
        var client = JsonNode.Parse(version)!["clientVersion"]!;
        var minor = int.Parse(client["minor"]!.GetValue<string>().TrimEnd('+'), CultureInfo.InvariantCulture);
        // Debian 12 has 1.20, whose kustomize is of 2018 and knows neither "labels" nor a patch with a path.
        Assert.SkipWhen(client["major"]!.GetValue<string>() == "1" && minor < 27, $"kubectl is 1.{minor}; the manifests need 1.27 or newer");
        return await KubectlAsync("kustomize", folder);
    }

    private static async Task<string> KubectlAsync(params string[] arguments)
    {
        var result = await Tool.TryRunAsync("kubectl", arguments, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.SkipWhen(result is null, "kubectl is not installed");
        return result!.Expect(0).Output;
    }
}
