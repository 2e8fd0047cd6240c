using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Contents of programs, and what programs were made to load, against what a deployment has shown.</summary>
public sealed class EngineBinaryTests
{
    private const string A = "aaaa", B = "bbbb";
    private readonly EngineWeb _web = new();

    [Fact]
    public void SamePathOfTheSameImage_WithOtherBytes_IsToldAsReplaced()
    {
        var replica = Learn();
        _web.Apply(Content(replica, A));
        _web.Apply(Content(replica, B));
        var deviation = Assert.Single(_web.Deviations);
        Assert.Equal(("binary", "T1554"), (deviation.Kind, deviation.Evidence[0].Technique));
        Assert.Contains("other bytes under the same path", deviation.Evidence[0].Reason, StringComparison.Ordinal);
        Assert.NotEmpty(_web.Alerts);
    }

    [Fact]
    public void ContentThatAnotherNodeHasOtherwise_AlwaysAlertsAlsoWhenItIsKnown()
    {
        var replica = Learn();
        _web.Apply(Content(replica, A));
        _web.Apply(Content(replica, A) with { Traits = BinaryTraits.Disagrees, ElsewhereSha256 = B });
        var deviation = Assert.Single(_web.Deviations);
        Assert.Equal(("tier0", $"replicas_differ|/usr/sbin/nginx {A}"), (deviation.Kind, deviation.Key));
        Assert.Contains($"here sha256:{A}, there sha256:{B}", deviation.Evidence[0].Reason, StringComparison.Ordinal);
        Assert.Equal(Severity.Critical, Assert.Single(_web.Alerts).Severity);
    }

    [Fact]
    public void RollingUpdate_BringsNewContents_InSilence()
    {
        var replica = Learn();
        _web.Apply(Content(replica, A));
        var next = _web.Start("c9", "web-9", "sha256:bbbb");
        _web.Apply(Content(next, B));
        Assert.DoesNotContain(_web.Deviations, deviation => deviation.Kind == "binary");
    }

    [Fact]
    public void FirstContentOfAKnownProgram_AndTheSameAgain_AreSilent()
    {
        var replica = Learn();
        _web.Apply(Content(replica, A));
        _web.Apply(Content(replica, A));
        _web.Apply(Content(replica, ""));
        Assert.Empty(_web.Deviations);
    }

    [Fact]
    public void PackedProgram_IsTold()
    {
        var replica = Learn();
        _web.Apply(Content(replica, A) with { Traits = BinaryTraits.Packed | BinaryTraits.NoSections });
        var deviation = Assert.Single(_web.Deviations);
        Assert.Contains("is packed", deviation.Evidence[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Preload_FromATemporaryFolder_AlertsAndItsChildrenSayNothingMore()
    {
        var replica = Learn();
        var nginx = WithVariables(_web.Builder.Process("/usr/sbin/nginx", replica.Entrypoint), "LD_PRELOAD=/tmp/a.so");
        _web.Apply(_web.Builder.Exec(replica.Container, nginx));
        _web.Apply(_web.Builder.Exec(replica.Container, WithVariables(_web.Builder.Process("/usr/sbin/nginx", nginx), "LD_PRELOAD=/tmp/a.so")));
        var deviation = Assert.Single(_web.Deviations, deviation => deviation.Kind == "loading");
        Assert.Equal("T1574.006", deviation.Evidence[0].Technique);
        Assert.True(_web.Alerts.Last().Severity >= Severity.High);
    }

    [Fact]
    public void Variables_OfTheImage_AreLearntInSilence()
    {
        var container = ObservationBuilder.Container("c1", "web-1");
        var first = WithVariables(_web.Builder.Process("/usr/bin/java", phase: Phase.Init), "JAVA_TOOL_OPTIONS=-Xmx512m", "LD_PRELOAD=/usr/lib/libjemalloc.so.2");
        _web.Apply(_web.Builder.Exec(container, first));
        Assert.DoesNotContain(_web.Deviations, deviation => deviation.Kind == "loading");
    }

    [Fact]
    public void KnownProgram_UnderAKernelThreadsName_IsNews()
    {
        var replica = Learn();
        _web.Apply(_web.Builder.Exec(replica.Container, _web.Builder.Process("/usr/sbin/nginx", replica.Entrypoint, arguments: ["[kworker/0:1]"])));
        var deviation = Assert.Single(_web.Deviations);
        Assert.Contains("calls itself [kworker/0:1]", deviation.Evidence[0].Reason, StringComparison.Ordinal);
    }

    private EngineWeb.Replica Learn() => _web.Locked().Replicas[0];

    private static IReadOnlyList<ProcessInfo> WithVariables(IReadOnlyList<ProcessInfo> lineage, params string[] variables) =>
        [lineage[0] with { LoaderVariables = variables }, .. lineage.Skip(1)];

    private BinaryObservation Content(EngineWeb.Replica replica, string sha256) => new()
    {
        Id = _web.Builder.Exec(replica.Container, replica.Nginx).Id, Scope = ObservationBuilder.Web, AgentId = "agent-1", Node = "node1", Container = replica.Container,
        First = _web.Builder.Now, Last = _web.Builder.Now, Lineage = replica.Nginx, Path = "/usr/sbin/nginx", Sha256 = sha256,
    };
}
