using k8s;
using k8s.Models;
using Xunit;
using YamlDotNet.Core;

namespace Runtime.Deploy.Tests.Kubernetes;

public sealed class ManifestsTests
{
    private static readonly IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Base = Manifests.ReadBase();

    public static TheoryData<string> Folders => [.. Directory.GetFiles(Repository.Deploy("kubernetes"), "kustomization.yaml", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!)];

    [Fact]
    public void Reader_OfAnUnknownFieldOrKind_Refuses()
    {
        const string Good = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n";

        Assert.Single(Manifests.Read(Good));
        Assert.ThrowsAny<YamlException>(() => Manifests.Read(Good + "  lables: {}\n"));
        Assert.ThrowsAny<Exception>(() => Manifests.Read(Good.Replace("Namespace", "ClusterRole", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_WithAKustomization_NamesEveryFileAndNoOther(string folder)
    {
        var named = Kustomization.Read(folder).Named().ToList();

        Assert.All(named, name => Assert.True(Path.Exists(Path.Combine(folder, name)), $"{folder} names {name}, which is not there"));
        var files = Directory.GetFiles(folder).Select(Path.GetFileName).Where(name => name is not "kustomization.yaml" and not "README.md");
        Assert.Equal(files.Order(StringComparer.Ordinal), named.Where(name => !name.Contains("..", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Base_AsRead_HoldsWhatWeShip() => Assert.Equal(
        [
            "DaemonSet/runtime-agent", "Namespace/runtime-system", "NetworkPolicy/default-deny", "NetworkPolicy/runtime-agent", "NetworkPolicy/runtime-collector",
            "ResourceQuota/node-critical", "Service/runtime-collector", "ServiceAccount/runtime-agent", "ServiceAccount/runtime-collector", "StatefulSet/runtime-collector",
        ],
        Base.Select(item => $"{item.Kind}/{item.Metadata.Name}").Order(StringComparer.Ordinal));

    [Fact]
    public void Selectors_OfEveryObject_MatchPods()
    {
        var pods = Manifests.Pods(Base).ToList();
        Assert.All(pods, pod => Assert.True(pod.Selector.MatchLabels.Count > 0 && Manifests.Matches(pod.Selector.MatchLabels, pod.Template.Metadata.Labels), pod.Owner.Metadata.Name));

        var selectors = Base.OfType<V1Service>().Select(service => (service.Metadata.Name, service.Spec.Selector))
            .Concat(Base.OfType<V1NetworkPolicy>().Select(policy => (policy.Metadata.Name, policy.Spec.PodSelector.MatchLabels)))
            .Concat(Base.OfType<V1NetworkPolicy>().SelectMany(policy => Peers(policy).Select(peer => (policy.Metadata.Name, peer.PodSelector.MatchLabels))));
        Assert.All(selectors, selector => Assert.Contains(pods, pod => Manifests.Matches(selector.Item2, pod.Template.Metadata.Labels)));

        foreach (var (_, serviceSpec) in Base.OfType<V1Service>().Select(service => (service.Metadata.Name, service.Spec)))
        {
            var ports = pods.Single(pod => Manifests.Matches(serviceSpec.Selector, pod.Template.Metadata.Labels)).Template.Spec.Containers.SelectMany(container => container.Ports).Select(port => port.Name);
            Assert.All(serviceSpec.Ports, port => Assert.Contains(port.TargetPort.Value, ports));
        }

        // Pods of others, such as the cluster's DNS, are told by a namespace.
        static IEnumerable<V1NetworkPolicyPeer> Peers(V1NetworkPolicy policy) =>
            (policy.Spec.Ingress ?? []).SelectMany(rule => rule.FromProperty ?? []).Concat((policy.Spec.Egress ?? []).SelectMany(rule => rule.To ?? [])).Where(peer => peer.NamespaceSelector is null);
    }

    [Fact]
    public void Containers_OfEveryPod_AreConfined() => Assert.All(Manifests.Pods(Base), pod => Assert.All(pod.Template.Spec.Containers, container =>
    {
        var security = container.SecurityContext;
        Assert.NotEqual(true, security.Privileged);
        Assert.False(security.AllowPrivilegeEscalation);
        Assert.True(security.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], security.Capabilities.Drop);
        Assert.NotNull(container.LivenessProbe);
        Assert.NotNull(container.StartupProbe);
        Assert.True(container.Resources.Limits.ContainsKey("memory"));
        Assert.Equal(["cpu", "memory"], container.Resources.Requests.Keys.Order());
        Assert.False(pod.Template.Spec.AutomountServiceAccountToken);
        Assert.NotEqual(true, pod.Template.Spec.HostNetwork);
        Assert.NotEqual(true, pod.Template.Spec.HostIPC);
    }));

    [Fact]
    public void Agent_OfTheBase_HasTheCapabilitiesThatItNeedsAndOnlyReadsTheNode()
    {
        var pod = Pod("runtime-agent");
        var container = Assert.Single(pod.Containers);

        Assert.Equal(["BPF", "DAC_OVERRIDE", "DAC_READ_SEARCH", "PERFMON", "SETPCAP", "SYS_ADMIN", "SYS_PTRACE", "SYS_RESOURCE"], container.SecurityContext.Capabilities.Add.Order());
        Assert.True(pod.HostPID);
        Assert.Equal("system-node-critical", pod.PriorityClassName);
        Assert.Contains(pod.Tolerations, toleration => toleration is { OperatorProperty: "Exists", Key: null, Effect: null });
        Assert.Equal(["/etc/machine-id", "/run", "/sys/fs/cgroup", "/sys/kernel/tracing"], pod.Volumes.Where(volume => volume.HostPath is not null).Select(volume => volume.HostPath.Path).Order(StringComparer.Ordinal));
        Assert.All(pod.Volumes.Where(volume => volume.HostPath is not null), volume => Assert.True(container.VolumeMounts.Single(mount => mount.Name == volume.Name).ReadOnlyProperty));
    }

    [Fact]
    public void Collector_OfTheBase_IsNotRootAndTouchesNoNode()
    {
        var pod = Pod("runtime-collector");

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.True(pod.SecurityContext.RunAsUser > 0);
        Assert.Equal(pod.SecurityContext.RunAsGroup, pod.SecurityContext.FsGroup);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.NotEqual(true, pod.HostPID);
        Assert.DoesNotContain(pod.Volumes, volume => volume.HostPath is not null);
        Assert.Null(pod.Containers.Single().SecurityContext.Capabilities.Add);
    }

    [Fact]
    public void Mounts_OfEveryContainer_HaveTheirVolumes() => Assert.All(Manifests.Pods(Base), pod =>
    {
        var volumes = pod.Template.Spec.Volumes.Select(volume => volume.Name)
            .Concat(pod.Owner is V1StatefulSet set ? set.Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name) : []);
        Assert.Equal(volumes.Order(StringComparer.Ordinal), pod.Template.Spec.Containers.SelectMany(container => container.VolumeMounts).Select(mount => mount.Name).Order(StringComparer.Ordinal));
    });

    [Fact]
    public void Secrets_ThatAreMounted_AreExplainedAndNotShipped()
    {
        var readme = File.ReadAllText(Repository.Deploy("kubernetes", "README.md"));

        Assert.All(
            Manifests.Pods(Base).SelectMany(pod => pod.Template.Spec.Volumes).Where(volume => volume.Secret is not null),
            volume => Assert.Contains(volume.Secret.SecretName, readme, StringComparison.Ordinal));
        Assert.All(
            Directory.GetFiles(Repository.Deploy(), "*", SearchOption.AllDirectories),
            file => Assert.DoesNotContain("PRIVATE KEY-----", File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public void Images_OfEveryContainer_HaveNoRegistryAndOurVersion()
    {
        var tags = Kustomization.Read(Manifests.Base).Images.ToDictionary(image => image.Name, image => image.NewTag);
        Assert.All(Manifests.Pods(Base).SelectMany(pod => pod.Template.Spec.Containers), container =>
        {
            Assert.Matches("^[a-z-]+$", container.Image);
            Assert.Equal(Repository.Version(), tags[container.Image]);
        });
    }

    private static V1PodSpec Pod(string name) => Manifests.Pods(Base).Single(pod => pod.Owner.Metadata.Name == name).Template.Spec;
}
