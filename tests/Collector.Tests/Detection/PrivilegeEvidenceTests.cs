using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class PrivilegeEvidenceTests
{
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();
    private readonly IReadOnlyList<ProcessInfo> _app;

    public PrivilegeEvidenceTests() => _app = _builder.Process("/usr/bin/app");

    [Theory]
    [InlineData(PrivilegeOperation.Unshare, 0x1002_0000ul, "", "", "user_namespace", 60)] // D01
    [InlineData(PrivilegeOperation.SetNamespace, 0x0002_0000ul, "", "host", "host_namespace", 300)] // D02
    [InlineData(PrivilegeOperation.SetNamespace, 0x0002_0000ul, "", "", "other_namespace", 60)]
    [InlineData(PrivilegeOperation.Mount, 0ul, "/mnt", "cgroup none", "mount_of_host", 100)] // D03
    [InlineData(PrivilegeOperation.Mount, 0ul, "/mnt", "ext4 /dev/vda1", "mount_of_host", 100)]
    [InlineData(PrivilegeOperation.Mount, 0ul, "/mnt", "tmpfs none", "mount", 60)] // D05, D06
    [InlineData(PrivilegeOperation.Mount, 0x44000ul, "/", " ", "mount_change", 8)]
    [InlineData(PrivilegeOperation.Mount, 0x1000ul, "/proc/80", " /empty", "mount_over_process", 100)] // E14
    [InlineData(PrivilegeOperation.SetUid, 0ul, "", "", "became_root", 24)] // D09
    [InlineData(PrivilegeOperation.Ptrace, 16ul, "/bin/x", "", "injection", 60)] // D10
    [InlineData(PrivilegeOperation.Ptrace, 0ul, "/bin/x", "", "traced", 30)]
    [InlineData(PrivilegeOperation.Bpf, 5ul, "probe", "", "bpf", 100)] // D11
    [InlineData(PrivilegeOperation.LoadModule, 0ul, "/tmp/x.ko", "", "kernel_module", 300)] // D12
    [InlineData(PrivilegeOperation.Rounding, 3ul, "", "", "randomx", 300)] // T12
    [InlineData(PrivilegeOperation.Userfaultfd, 0ul, "", "", "kernel_surface", 30)] // D14
    [InlineData(PrivilegeOperation.TakeDescriptor, 0ul, "/bin/x", "", "injection", 80)] // D17
    [InlineData(PrivilegeOperation.SetName, 0ul, "kworker/0:1", "", "masquerade", 80)] // E12
    [InlineData(PrivilegeOperation.Kill, 9ul, "", "", "mass_kill", 60)] // A06
    [InlineData(PrivilegeOperation.Kill, 19ul, "/usr/bin/agent", "agent", "agent_ended", 100)]
    [InlineData(PrivilegeOperation.IoUring, 0ul, "", "", "io_uring", 8)]
    public void Privilege_InAContainer_FallsIntoItsClass(object operation, ulong value, string subject, string detail, string expectedClass, double expected)
    {
        var assessment = PrivilegeEvidence.Assess(Did((PrivilegeOperation)operation, value, subject, detail), default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
        Assert.NotEqual("", Techniques.Tactic(assessment.Evidence[0].Technique));
    }

    [Theory]
    [InlineData(PrivilegeOperation.LoadModule, 0ul, Severity.Critical)]
    [InlineData(PrivilegeOperation.Kill, 9ul, Severity.High)]
    [InlineData(PrivilegeOperation.MemoryWrite, 0ul, Severity.High)]
    [InlineData(PrivilegeOperation.IoUring, 0ul, Severity.Medium)]
    public void Privilege_IsAsGraveAsWhatItGives(object operation, ulong value, object gravity) =>
        Assert.Equal((Severity)gravity, PrivilegeEvidence.Assess(Did((PrivilegeOperation)operation, value), default).Gravity);

    [Fact]
    public void Privilege_Refused_WeighsHalfAndSaysSo()
    {
        var assessment = PrivilegeEvidence.Assess(Did(PrivilegeOperation.LoadModule) with { Error = 38 }, default);
        Assert.Equal((150, Severity.High), (assessment.EValue, assessment.Gravity));
        Assert.Contains("tried to load a kernel module and was refused (ENOSYS)", assessment.Evidence[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Privilege_OnTheHost_IsItsDailyWorkExceptOverOtherProcesses()
    {
        var host = new ObservationBuilder(ObservationBuilder.Host);
        var runc = host.Process("/usr/bin/runc", phase: Phase.Host);
        Assert.Equal(2, PrivilegeEvidence.Assess(Did(PrivilegeOperation.SetNamespace, host, runc), default).EValue);
        Assert.False(PrivilegeEvidence.Assess(Did(PrivilegeOperation.Mount, host, runc), default).IsRemarkable);
        Assert.Equal(80, PrivilegeEvidence.Assess(Did(PrivilegeOperation.MemoryWrite, host, runc), default).EValue);
        Assert.Equal(80, PrivilegeEvidence.Assess(Did(PrivilegeOperation.MemoryRead, host, runc), default).EValue);
    }

    [Theory]
    [InlineData("/proc/17", 0, true)] // E14
    [InlineData("/proc/17", 1, false)]
    [InlineData("/proc/acpi", 0, false)]
    [InlineData("/proc/17/ns/net", 0, false)]
    [InlineData("/proc/", 0, false)]
    [InlineData("/mnt/proc/17", 0, false)]
    public void Mount_OverAProcess_IsAFact(string subject, int error, bool isFact) => Assert.Equal(
        isFact ? TierZero.HiddenProcess : null, TierZero.Judge(Did(PrivilegeOperation.Mount, 0x1000, subject, " /empty") with { Error = error })?.Rule);

    [Theory]
    [InlineData(PrivilegeOperation.Rounding, 3ul, "", "", 0, TierZero.RandomX, "Critical", "/usr/bin/app rounds floating point in all four ways in turn, as RandomX does, the proof of work of Monero")]
    [InlineData(PrivilegeOperation.LoadModule, 0ul, "/tmp/x.ko", "", 0, TierZero.KernelModule, "Critical", "/usr/bin/app loaded a kernel module /tmp/x.ko: code in the kernel of the node")]
    [InlineData(PrivilegeOperation.LoadModule, 0ul, "", "", 1, TierZero.KernelModule, "High", "/usr/bin/app tried to load a kernel module and was refused (EPERM): code in the kernel of the node")]
    [InlineData(PrivilegeOperation.Bpf, 5ul, "probe", "", 0, TierZero.BpfLoad, "Critical", "/usr/bin/app called bpf (program_load probe): a program in the kernel, which sees and can hide what happens on the node")]
    [InlineData(PrivilegeOperation.Bpf, 5ul, "probe", "", 1, null, "", "")] // libraries try
    [InlineData(PrivilegeOperation.Bpf, 28ul, "", "", 0, null, "", "")]
    [InlineData(PrivilegeOperation.SetNamespace, 0x0002_0000ul, "", "host", 0, TierZero.HostNamespace, "Critical", "/usr/bin/app joined the host's namespaces (mount): it left its container")]
    [InlineData(PrivilegeOperation.SetNamespace, 0x0002_0000ul, "", "", 0, null, "", "")]
    [InlineData(PrivilegeOperation.SetNamespace, 0x0002_0000ul, "", "", 1, null, "", "")]
    [InlineData(PrivilegeOperation.Unshare, 0x1000_0000ul, "", "", 0, null, "", "")]
    public void Privilege_ThatReachesTheNode_IsAFactInAContainer(
        object operation, ulong value, string subject, string detail, int error, string? rule, string severity, string words)
    {
        var seen = Did((PrivilegeOperation)operation, value, subject, detail) with { Error = error };
        var fact = TierZero.Judge(seen);
        Assert.Equal((rule, severity, words), (fact?.Rule, fact?.Severity.ToString() ?? "", fact?.Words ?? ""));
        Assert.Null(TierZero.Judge(seen with { Container = null }));
    }

    [Fact]
    public void Setns_OfTheRuntimesOwnInit_IsNone()
    {
        // kubectl exec into a pod on the node's network: the namespace that it joins is the host's.
        var init = _builder.Process("/memfd:runc_cloned:/proc/self/exe (deleted)", phase: Phase.Session, arguments: ["runc", "init"]);
        var joined = Did(PrivilegeOperation.SetNamespace, _builder, init) with { Value = 0x4000_0000, Detail = "host" };
        Assert.Null(TierZero.Judge(joined));
        Assert.Equal(TierZero.HostNamespace, TierZero.Judge(joined with { Lineage = [init[0], .. _app] })?.Rule);
        Assert.Equal(TierZero.HostNamespace, TierZero.Judge(joined with { Lineage = [init[0] with { Binary = "/tmp/x" }] })?.Rule);
    }

    [Fact]
    public void Keys_TellWhatWasDoneAndNotWhere()
    {
        Assert.Equal("p/usr/bin/app|mount|tmpfs", Key(Did(PrivilegeOperation.Mount, 0, "/mnt/a", "tmpfs none")));
        Assert.Equal("p/usr/bin/app|mount|bind|refused", Key(Did(PrivilegeOperation.Mount, 0x1000, "/mnt/a", " /b") with { Error = 1 }));
        Assert.Equal("p/usr/bin/app|ptrace|attach /bin/x%7Cy", Key(Did(PrivilegeOperation.Ptrace, 16, "/bin/x|y")));
        Assert.Equal("p/usr/bin/app|setns|mount host", Key(Did(PrivilegeOperation.SetNamespace, 0x0002_0000, "", "host")));
        Assert.Equal("p/usr/bin/app|io_uring|", Key(Did(PrivilegeOperation.IoUring)));
    }

    [Fact]
    public void Attach_InALockedDeployment_IsAnAlertInWords()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var alert = Assert.Single(web.Apply(Did(PrivilegeOperation.Ptrace, web.Builder, replica.Nginx) with { Value = 16, Subject = "/bin/cat\n", Container = replica.Container }).Alerts);
        Assert.Equal("/usr/sbin/nginx attached to /bin/cat\\x0a with ptrace in shop/web: never seen in 72 h on 2 replicas", alert.Title);
        Assert.Contains("T1055.008", alert.Techniques);
        Assert.Equal("privilege", Assert.Single(web.Deviations).Kind);
    }

    [Fact]
    public void WhatADeploymentAlwaysDid_IsSilent()
    {
        // A server with io_uring, and a library that tries perf and is refused, while it starts.
        var web = new EngineWeb();
        for (var i = 1; i <= 2; i++)
        {
            var replica = web.Start("c" + i, "web-" + i);
            web.Apply(Did(PrivilegeOperation.IoUring, web.Builder, replica.Nginx) with { Container = replica.Container });
            web.Apply(Did(PrivilegeOperation.PerfEvent, web.Builder, replica.Nginx) with { Container = replica.Container, Error = 1 });
        }

        web.Serve(72);
        web.Apply(Did(PrivilegeOperation.IoUring, web.Builder, web.Replicas[1].Nginx) with { Container = web.Replicas[1].Container });
        Assert.Empty(web.Deviations);
        Assert.Empty(web.Alerts);
        Assert.NotNull(web.Item("privilege", "/usr/sbin/nginx|io_uring|"));
    }

    [Fact]
    public void Summary_SaysWhoDidWhat()
    {
        Assert.Equal("/usr/bin/app mounted tmpfs of none on /mnt", EventText.Summary(Did(PrivilegeOperation.Mount, 0, "/mnt", "tmpfs none")));
        Assert.Equal("/usr/bin/app sent SIGSTOP to this node's agent", EventText.Summary(Did(PrivilegeOperation.Kill, 19, "/usr/bin/agent", "agent")));
        Assert.Equal("/usr/bin/app sent SIGKILL to 8 other processes", EventText.Summary(Did(PrivilegeOperation.Kill, 9) with { Count = 8 }));
        Assert.Equal("/usr/bin/app tried to become root and was refused (EPERM)", EventText.Summary(Did(PrivilegeOperation.SetUid) with { Error = 1 }));
        foreach (var operation in Enum.GetValues<PrivilegeOperation>())
        {
            Assert.NotEqual("", EventText.Summary(Did(operation)));
            Assert.True(operation == PrivilegeOperation.Unknown || ItemKey.OperationName(operation) != "unknown", operation.ToString());
        }
    }

    private static string Key(PrivilegeObservation observation) => new ItemKey().Privilege(observation).ToString();

    private PrivilegeObservation Did(PrivilegeOperation operation, ulong value = 0, string subject = "", string detail = "") =>
        Did(operation, _builder, _app) with { Value = value, Subject = subject, Detail = detail };

    private static PrivilegeObservation Did(PrivilegeOperation operation, ObservationBuilder builder, IReadOnlyList<ProcessInfo> lineage)
    {
        var at = builder.Exec(Container, lineage);
        return new()
        {
            Id = at.Id, Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = at.Scope.IsHost ? null : at.Container, First = at.First, Last = at.Last, Lineage = lineage, Operation = operation,
        };
    }
}
