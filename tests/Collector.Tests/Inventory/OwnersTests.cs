using Runtime.Collector.Inventory;
using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Inventory;

public sealed class OwnersTests
{
    [Theory]
    // labels, pod, kind, name
    [InlineData("pod-template-hash=5d8f6c9b7f", "web-5d8f6c9b7f-x2x7k", "Deployment", "web")]
    [InlineData("pod-template-hash=5d8f6c9b7f", "my-web-2-5d8f6c9b7f-x2x7k", "Deployment", "my-web-2")]
    [InlineData("pod-template-hash=76b7", "a-76b7-zzzzz", "Deployment", "a")]
    [InlineData("pod-template-hash=5d8f6c9b7f", "an-application-with-a-name-that-is-very-long-indeed-5d8f6cx2x7k", "Deployment", "an-application-with-a-name-that-is-very-long-indeed")]
    [InlineData("pod-template-hash=5d8f6c9b7f", "an-application-with-a-name-that-is-longer-than-fifty-eightx2x7k", "Deployment", "an-application-with-a-name-that-is-longer-than-fifty-eight")]
    [InlineData("pod-template-hash=5d8f6c9b7f", "named-by-hand", "Deployment", "named-by-hand")]
    [InlineData("rollouts-pod-template-hash=687d76d795", "canary-687d76d795-4kxqj", "Rollout", "canary")]
    [InlineData("statefulset.kubernetes.io/pod-name=db-0,controller-revision-hash=db-6c", "db-0", "StatefulSet", "db")]
    [InlineData("statefulset.kubernetes.io/pod-name=db-shard-12", "db-shard-12", "StatefulSet", "db-shard")]
    [InlineData("apps.kubernetes.io/pod-index=3", "kafka-3", "StatefulSet", "kafka")]
    [InlineData("controller-revision-hash=db-6c", "old-7", "StatefulSet", "old")]
    [InlineData("controller-revision-hash=6f9c,pod-template-generation=1", "fluentd-8zq4c", "DaemonSet", "fluentd")]
    [InlineData("controller-revision-hash=6f9c,pod-template-generation=2", "node-exporter-v2-kw7xl", "DaemonSet", "node-exporter-v2")]
    [InlineData("batch.kubernetes.io/job-name=report-29412345", "report-29412345-kq7bd", "CronJob", "report")]
    [InlineData("job-name=report-1609459200", "report-1609459200-kq7bd", "CronJob", "report")]
    [InlineData("job-name=migrate", "migrate-x7c2z", "Job", "migrate")]
    [InlineData("batch.kubernetes.io/job-name=migrate-v12", "migrate-v12-x7c2z", "Job", "migrate-v12")]
    [InlineData("batch.kubernetes.io/job-name=build-x7c2z", "build-x7c2z-0-9dkkp", "Job", "build")]
    [InlineData("tier=control-plane", "etcd-node-1", "Pod", "etcd")]
    [InlineData("", "legacy-tq2vx", "Pod", "legacy")]
    [InlineData("", "debug", "Pod", "debug")]
    [InlineData("", "web-front", "Pod", "web-front")]
    [InlineData("pod-template-hash=", "empty-tq2vx", "Pod", "empty")]
    public void Owner_OfAPod_IsWhatTheUserDeployed(string labels, string pod, string kind, string name)
    {
        var map = labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(label => label.Split('=')).ToDictionary(label => label[0], label => label[1]);
        Assert.Equal((kind, name), Owners.OwnerOf(pod, map, "node-1"));
    }

    [Theory]
    [InlineData("web", "default/-/Container/web/-")]
    [InlineData("/web", "default/-/Container/web/-")]
    [InlineData("", "default/-/Container/aaaaaaaaaaaa/-")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "default/-/Container/aaaaaaaaaaaa/-")]
    [InlineData("a/b%", "default/-/Container/a%2Fb%25/-")]
    public void Scope_WithoutPod_IsTheRuntimesName(string name, string scope) =>
        Assert.Equal(scope, Owners.ScopeOf("default", "node-1", Sample.WebContainer with { PodName = "", Name = name }).Id);

    [Fact]
    public void Scope_WhileMetadataIsMissing_IsTheContainersOwn()
    {
        var unknown = Sample.WebContainer with { Complete = false };
        Assert.Equal("default/-/Container/aaaaaaaaaaaa/-", Owners.ScopeOf("default", "node-1", unknown).Id);
        Assert.Equal(Sample.Web, Owners.ScopeOf("default", "node-1", unknown with { Complete = true }));
        Assert.Equal("default/-/Container/my.slice/-", Owners.ScopeOf("default", "node-1", unknown with { Id = "my.slice" }).Id);
    }

    [Fact]
    public void Scope_OfAPodsOwnContainer_IsOneForTheCluster() =>
        Assert.Equal("default/-/Sandbox/pod-sandboxes/-", Owners.ScopeOf("default", "node-1", Sample.WebContainer with { Name = "POD" }).Id);

    [Fact]
    public void Scope_OfTheHost_IsTheNode() => Assert.Equal("default/-/Host/node-1/-", Owners.ScopeOf("default", "node-1", null).Id);
}
