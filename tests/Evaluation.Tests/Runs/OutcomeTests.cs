using Runtime.Evaluation.Runs;
using Runtime.Evaluation.Scenarios;
using Runtime.V1;
using Severity = Runtime.Evaluation.Scenarios.Severity;

namespace Runtime.Evaluation.Tests.Runs;

public sealed class OutcomeTests
{
    private static readonly SeenIncident s_own = new("i1", "a program ran", Severity.High, ["c1"], ["process"], ["T1105"]);
    private static readonly SeenIncident s_other = new("i2", "elsewhere", Severity.Critical, ["c2"], ["file"], ["T1003"]);

    [Fact]
    public void Attack_WithAllThatIsAskedFor_IsRight()
    {
        var result = Result.Of(Attack(), new Observed("c1", [s_own], 1.5, 0, 0));

        Assert.Equal((Outcome.Reported, 1, true, Severity.High), (result.Outcome, result.Incidents, result.RightContainer, result.Severity));
        Assert.True(result is { SeverityOk: true, KindsOk: true, WithinOk: true, IsRight: true });
    }

    [Fact]
    public void Attack_WithoutAnIncident_IsMissed()
    {
        var result = Result.Of(Attack(), new Observed("c1", [], null, 0, 0));

        Assert.Equal(Outcome.Missed, result.Outcome);
        Assert.True(result is { SeverityOk: false, WithinOk: false, IsRight: false });
    }

    [Fact]
    public void Attack_ReportedOfAnotherContainerOnly_IsNotRight()
    {
        var result = Result.Of(Attack(), new Observed("c1", [s_other], 1, 0, 0));

        Assert.Equal((Outcome.Reported, false, false), (result.Outcome, result.RightContainer, result.IsRight));
    }

    [Fact]
    public void Incident_OfAnotherContainer_IsCountedAndLendsNothing()
    {
        var result = Result.Of(Attack(Severity.Critical, "file"), new Observed("c1", [s_other, s_own], 1, 0, 0));

        Assert.Equal((2, Severity.High, false, false), (result.Incidents, result.Severity, result.SeverityOk, result.KindsOk));
        Assert.Equal(["T1105"], result.Techniques);
    }

    [Fact]
    public void Severity_BelowTheLeast_IsNotRight() =>
        Assert.True(Result.Of(Attack(Severity.Critical), new Observed("c1", [s_own], 1, 0, 0)) is { Outcome: Outcome.Reported, SeverityOk: false, IsRight: false });

    [Fact]
    public void Alert_AfterItsTime_IsReportedAndNotRight() =>
        Assert.True(Result.Of(Attack(), new Observed("c1", [s_own], 10.1, 0, 0)) is { Outcome: Outcome.Reported, WithinOk: false, IsRight: false });

    [Fact]
    public void Technique_ThatDiffers_IsNotScored() => Assert.True(Result.Of(Attack() with { Technique = "T1620" }, new Observed("c1", [s_own], 1, 0, 0)).IsRight);

    [Fact]
    public void HarmlessThing_WithoutAnIncident_IsSilentAndRight() =>
        Assert.True(Result.Of(Harmless(), new Observed("c1", [], null, 0, 0)) is { Outcome: Outcome.Silent, IsRight: true });

    [Fact]
    public void HarmlessThing_WithAnyIncident_IsAFalseAlarm() =>
        Assert.True(Result.Of(Harmless(), new Observed("c1", [s_other], 1, 0, 0)) is { Outcome: Outcome.FalseAlarm, IsRight: false });

    [Fact]
    public void WhatDidNotRun_IsNeverRight() => Assert.False(Result.NotRun(Harmless(), "no image").IsRight);

    [Theory]
    [InlineData("exec", "/usr/bin/curl", "process")]
    [InlineData("edge", "/usr/bin/dash>/usr/bin/id@steady", "process")]
    [InlineData("file_write", "/usr/bin/app|create|/etc/cron.d/x|other", "file")]
    [InlineData("file_write", "/usr/bin/app|load|/tmp/x.so|so", "library")]
    [InlineData("file_read", "/usr/bin/cat|shadow", "file")]
    [InlineData("egress", "/usr/bin/curl|203.0.113.0/24|443|tcp", "network")]
    [InlineData("egress", "/usr/bin/curl|dns|53|udp", "network,dns")]
    [InlineData("listen", "/usr/bin/nc|4444|tcp|any", "network")]
    [InlineData("privilege", "/usr/bin/strace|ptrace|attach /bin/app", "privilege")]
    [InlineData("binary", "/usr/sbin/nginx|sha256:0123|9f86", "integrity")]
    [InlineData("loading", "/usr/bin/app|LD_PRELOAD=/opt/x.so", "library")]
    [InlineData("tier0", "stratum|/tmp/x", "network")]
    [InlineData("tier0", "memfd_exec|memfd:x", "process")]
    public void Deviation_HasTheFormatsWordsForItsKind(string kind, string key, string expected) =>
        Assert.Equal(expected.Split(','), EvidenceKinds.Of(new Deviation { Kind = kind, Key = key }));

    [Fact]
    public void Program_ThatIsNotOfTheImage_IsAMatterOfIntegrityToo() =>
        Assert.Equal(
            ["process", "integrity"],
            EvidenceKinds.Of(new Deviation { Kind = "exec", Key = "/tmp/x", Evidence = { new Evidence { Reason = "its file is not of the image: it was written after the container started" } } }));

    private static Scenario Attack(Severity least = Severity.High, string kind = "process") => new(
        "A01-x.sh", "A01", "t", true, least, [kind], "", "tools", Launch.App, LearningPhase.Locked, 1, [], null, null, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), null, "");

    private static Scenario Harmless() => Attack() with { Alert = false, LeastSeverity = Severity.None };
}
