using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What package databases say of programs, against what the images of a deployment had before.</summary>
public sealed class EnginePackageTests
{
    private const string Curl = "/usr/bin/curl";
    private const string A = "aaaaaaaaaaaaaaaa", B = "bbbbbbbbbbbbbbbb";
    private const PackageFlags OfImage = PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage;
    private const PackageFlags OfContainer = PackageFlags.DatabaseOfImage | PackageFlags.FileOfContainer;
    private readonly EngineWeb _web = new();

    [Fact]
    public void Program_ReplacedInTheNextImage_AlwaysAlerts()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Matches));
        Assert.Empty(_web.Deviations);
        var next = _web.Start("c9", "web-9", "sha256:bbbb");
        _web.Apply(Content(next, B, PackageVerdict.Mismatch));
        var alert = Assert.Single(_web.Alerts);
        Assert.Equal(Severity.Critical, alert.Severity);
        Assert.Equal("/usr/bin/curl of package curl 7.88.1-10 is not the file that Debian's package has; the image's version before had it, in shop/web", alert.Title);
        var deviation = Assert.Single(_web.Deviations, deviation => deviation.Kind == "tier0");
        Assert.Equal(("package_mismatch|/usr/bin/curl bbbbbbbbbbbbbbbb", "T1525"), (deviation.Key, deviation.Evidence[0].Technique));
    }

    [Fact]
    public void Program_ReplacedInTheNextImage_IsOneAlertHoweverOftenItRuns_AndNoneOnceApproved()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Matches));
        var next = _web.Start("c9", "web-9", "sha256:bbbb");
        _web.Apply(Content(next, B, PackageVerdict.Mismatch));
        _web.Apply(Content(next, B, PackageVerdict.Mismatch));
        var alert = Assert.Single(_web.Alerts);
        Assert.Equal(2ul, Assert.Single(_web.Deviations, deviation => deviation.Kind == "tier0").Count);
        _web.Engine.ApproveIncident(alert.Id, "root", "our build", _web.Builder.Now);
        _web.Apply(Content(next, B, PackageVerdict.Mismatch));
        Assert.Single(_web.Alerts);

        // Other bytes are another fact.
        var third = _web.Start("c10", "web-10", "sha256:cccc");
        _web.Apply(Content(third, "cccccccccccccccc", PackageVerdict.Mismatch));
        Assert.Equal(2, _web.Alerts.Count());
    }

    [Fact]
    public void Program_ThatTheImageWasBuiltWith_IsAFindingOnceForTheImage_AndTheDeploymentIsLearntAsEver()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Mismatch));
        _web.Apply(Content(first, A, PackageVerdict.Mismatch));
        _web.Apply(Content(first, B, PackageVerdict.Mismatch, path: "/usr/bin/wget"));
        var alert = Assert.Single(_web.Alerts);
        Assert.Equal((Severity.Medium, "/usr/bin/curl of package curl 7.88.1-10 is not the file that Debian's package has: the image of shop/web came so"), (alert.Severity, alert.Title));
        Assert.Single(_web.Deviations);

        // The process that runs it is under no alert: its behaviour is judged by itself.
        _web.Serve(1);
        _web.Apply(_web.Builder.Exec(first.Container, _web.Builder.Process("/bin/date", first.Nginx)));
        Assert.NotNull(_web.Item("exec", "/bin/date"));
    }

    [Fact]
    public void Program_ThatTheImageWasBuiltWith_IsNoFactInItsNextReplica_NorAfterARestartOfTheCollector()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Mismatch));
        _web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, _web.Engine.Save(), _web.Options);
        _web.Apply(Content(_web.Start("c9", "web-9"), A, PackageVerdict.Mismatch));
        Assert.Equal(Severity.Medium, Assert.Single(_web.Alerts).Severity);
    }

    [Fact]
    public void Program_ReplacedInTheNextImage_IsAFactAlsoAfterARestartOfTheCollector()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Matches));
        _web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, _web.Engine.Save(), _web.Options);
        _web.Apply(Content(_web.Start("c9", "web-9", "sha256:bbbb"), B, PackageVerdict.Mismatch));
        Assert.Equal(Severity.Critical, Assert.Single(_web.Alerts).Severity);
    }

    [Fact]
    public void Program_BuiltSoInEveryImage_IsToldAgainOnlyWithOtherBytes()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Mismatch));
        _web.Apply(Content(_web.Start("c9", "web-9", "sha256:bbbb"), A, PackageVerdict.Mismatch));
        Assert.Single(_web.Alerts);
        _web.Apply(Content(_web.Start("c10", "web-10", "sha256:cccc"), B, PackageVerdict.Mismatch));
        Assert.Equal([Severity.Medium, Severity.Medium], _web.Alerts.Select(alert => alert.Severity));
    }

    [Fact]
    public void Program_RepairedInTheNextImageAndRolledBack_IsNoFact()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Mismatch));
        _web.Apply(Content(_web.Start("c9", "web-9", "sha256:bbbb"), B, PackageVerdict.Matches));
        _web.Apply(Content(_web.Start("c10", "web-10"), A, PackageVerdict.Mismatch));
        Assert.Equal(Severity.Medium, Assert.Single(_web.Alerts).Severity);
    }

    [Fact]
    public void Program_OfTheSameImageThatWasRight_AlwaysAlerts()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Matches));
        _web.Apply(Content(_web.Start("c9", "web-9"), B, PackageVerdict.Mismatch));
        Assert.Contains("this very image had the right one before", Assert.Single(_web.Alerts).Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_ThatTheContainerReplaced_AlwaysAlerts()
    {
        _web.Apply(Content(Learn(), B, PackageVerdict.Mismatch, OfContainer));
        var alert = Assert.Single(_web.Alerts);
        Assert.Equal(Severity.Critical, alert.Severity);
        Assert.Contains("it was changed after the container started", alert.Title, StringComparison.Ordinal);
        Assert.Contains("T1554", alert.Techniques);
    }

    [Fact]
    public void Program_WhoseModeTheContainerChanged_IsJudgedByTheImagesBytes()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Mismatch));
        _web.Apply(Content(first, A, PackageVerdict.Mismatch, OfContainer));
        Assert.Equal(Severity.Medium, Assert.Single(_web.Alerts).Severity);
    }

    [Theory]
    [InlineData(PackageVerdict.Matches)]
    [InlineData(PackageVerdict.OwnedWithoutSum)]
    [InlineData(PackageVerdict.Unowned)]
    [InlineData(PackageVerdict.Unknown)]
    public void OtherVerdicts_AreSilent_AlsoOfWhatTheContainerUpgraded(object verdict)
    {
        var first = Learn();
        _web.Apply(Content(first, A, (PackageVerdict)verdict));
        _web.Apply(Content(first, B, (PackageVerdict)verdict, PackageFlags.FileOfContainer, path: "/usr/bin/wget"));
        Assert.Empty(_web.Deviations);
    }

    [Fact]
    public void Script_ThatTheBuilderEdited_IsSilent()
    {
        _web.Apply(Content(Learn(), A, PackageVerdict.Mismatch) with { Traits = BinaryTraits.NotElf });
        Assert.Empty(_web.Deviations);
    }

    [Fact]
    public void DatabaseThatTheContainerWroteTo_ClearsNothing()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Matches, PackageFlags.FileOfImage));
        _web.Apply(Content(_web.Start("c9", "web-9", "sha256:bbbb"), B, PackageVerdict.Mismatch));
        // Nobody knows that the image before had it right.
        Assert.Equal(Severity.Medium, Assert.Single(_web.Alerts).Severity);
    }

    [Fact]
    public void Replicas_WithOtherBytesOfTheSameImage_AlwaysAlert()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.OwnedWithoutSum));
        _web.Apply(Content(_web.Start("c9", "web-9"), B, PackageVerdict.OwnedWithoutSum));
        var alert = Assert.Single(_web.Alerts);
        Assert.Equal(Severity.Critical, alert.Severity);
        Assert.StartsWith("/usr/bin/curl of the image holds other bytes here than it did in a replica of the same image", alert.Title, StringComparison.Ordinal);
        Assert.Single(_web.Deviations, deviation => deviation.Key.StartsWith("replicas_differ|", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("sha256:aaaa", PackageFlags.DatabaseOfImage)] // not proven to be the image's: evidence, no fact
    [InlineData("sha256:bbbb", OfImage)] // another image
    public void OtherBytes_ThatNeedNotBeEqual_AreNoFact(string digest, object flags)
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.OwnedWithoutSum));
        _web.Apply(Content(_web.Start("c9", "web-9", digest), B, PackageVerdict.OwnedWithoutSum, (PackageFlags)flags));
        Assert.DoesNotContain(_web.Deviations, deviation => deviation.Kind == "tier0");
    }

    [Fact]
    public void OtherBytesOfTheSameVersion_InTheNextImage_AreTold()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Matches));
        var next = _web.Start("c9", "web-9", "sha256:bbbb");
        _web.Apply(Content(next, B, PackageVerdict.Matches));
        var deviation = Assert.Single(_web.Deviations, deviation => deviation.Kind == "binary");
        Assert.Contains("its package has the same version: curl 7.88.1-10", deviation.Evidence[0].Reason, StringComparison.Ordinal);

        var upgrade = Content(_web.Start("c10", "web-10", "sha256:cccc"), "cccccccccccccccc", PackageVerdict.Matches);
        _web.Apply(upgrade with { Package = upgrade.Package with { Version = "7.88.1-11" } });
        Assert.Single(_web.Deviations, deviation => deviation.Kind == "binary");
    }

    [Fact]
    public void UnownedProgram_AmongOwnedOnes_IsToldAndAloneIsNot()
    {
        var first = Learn();
        _web.Apply(Content(first, A, PackageVerdict.Unowned, path: "/opt/app"));
        for (var i = 0; i < 8; i++)
        {
            _web.Apply(Content(first, A, PackageVerdict.Matches, path: $"/usr/bin/tool{i}"));
        }

        Assert.Empty(_web.Deviations);
        _web.Apply(Content(first, B, PackageVerdict.Unowned, path: "/usr/lib/systemd/systemd-helper"));
        var deviation = Assert.Single(_web.Deviations);
        Assert.Equal(4, deviation.EValue);
        Assert.Contains("no package of the image has the program", deviation.Evidence[0].Reason, StringComparison.Ordinal);
        Assert.Empty(_web.Alerts);
    }

    [Theory]
    [InlineData(OfImage, 6)]
    [InlineData(PackageFlags.FileOfImage, 20)] // by a database that the container wrote to
    public void PackedProgram_ThatItsPackageHasSo_WeighsLess(object flags, double value)
    {
        _web.Apply(Content(Learn(), A, PackageVerdict.Matches, (PackageFlags)flags) with { Traits = BinaryTraits.Packed });
        Assert.Equal(value, Assert.Single(_web.Deviations).EValue, 3);
    }

    [Fact]
    public void Files_AboveTheirBounds_AreNotKept_AndTheOldestImageLeaves()
    {
        var files = new ImageFiles();
        var first = _web.Start("c1", "web-1", "sha256:0");
        for (var i = 0; i <= ImageFiles.MaxFiles; i++)
        {
            files.Take(Content(first, A, PackageVerdict.Matches, path: $"/usr/bin/{i}"), FileStanding.Right);
        }

        Assert.Equal(FileStanding.Right, files.Look(Content(first, A, PackageVerdict.Matches, path: "/usr/bin/0")).Standing);
        Assert.Null(files.Look(Content(first, A, PackageVerdict.Matches, path: $"/usr/bin/{ImageFiles.MaxFiles}")).Standing);
        for (var i = 1; i <= ImageFiles.MaxImages; i++)
        {
            files.Take(Content(_web.Start($"d{i}", $"web-{i}", $"sha256:{i}"), A, PackageVerdict.Matches), FileStanding.Right);
        }

        Assert.Null(files.Look(Content(first, A, PackageVerdict.Matches, path: "/usr/bin/0")).Standing);
    }

    private EngineWeb.Replica Learn() => _web.Locked().Replicas[0];

    /// <summary>What runs is the path itself, below the replica's server.</summary>
    private BinaryObservation Content(EngineWeb.Replica replica, string sha256, PackageVerdict verdict, PackageFlags flags = OfImage, string path = Curl)
    {
        var lineage = _web.Builder.Process(path, replica.Nginx);
        return new()
        {
            Id = _web.Builder.Exec(replica.Container, replica.Nginx).Id, Scope = ObservationBuilder.Web, AgentId = "agent-1", Node = "node1", Container = replica.Container,
            First = _web.Builder.Now, Last = _web.Builder.Now, Lineage = lineage, Path = path, Sha256 = sha256,
            Package = verdict is PackageVerdict.Unknown or PackageVerdict.Unowned
                ? new PackageFinding(verdict, flags, "", "", "", "debian 12")
                : new PackageFinding(verdict, flags, "curl", "7.88.1-10", "amd64", "debian 12"),
        };
    }
}
