using Microsoft.Extensions.Logging.Abstractions;
using Runtime.Collector.Detection;
using Runtime.Collector.Fleet;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What other images of the fleet hold under the same path, of the same version of the same package.</summary>
public sealed class EngineContentTests
{
    private const string Curl = "/usr/bin/curl";
    private const string Usual = "aaaaaaaaaaaaaaaa", Odd = "bbbbbbbbbbbbbbbb";
    private const PackageFlags OfImage = PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage;
    private readonly FleetKnowledge _fleet = new() { Packages = { IsWhole = true } };

    [Fact]
    public void Image_ThatRewroteItsDatabase_IsFoundByTheOthers()
    {
        Others(4);
        var web = Web().Locked();
        web.Apply(Content(web, Odd));
        var deviation = Assert.Single(web.Deviations);
        Assert.Equal((300d, "binary"), (deviation.EValue, deviation.Kind));
        Assert.Contains("its package's file has another content in 4 of 5 images of this fleet (curl 7.88.1-10)", deviation.Evidence[0].Reason, StringComparison.Ordinal);
        Assert.Equal("T1525", deviation.Evidence[0].Technique);
        var alert = Assert.Single(web.Alerts);
        Assert.Equal("/usr/bin/curl in shop/web is not the file that other images have of its package", alert.Title);
        Assert.Equal(Severity.High, alert.Severity);
    }

    /// <summary>It had the odd bytes before the fleet was there to say so: they are no news to its baseline, and an incident all the same, once.</summary>
    [Fact]
    public void Image_ThatWasThereFirst_IsFoundAtItsNextStart()
    {
        var web = Web();
        web.Start("c1", "web-1");
        web.Apply(Content(web, Odd));
        Assert.Empty(web.Deviations);
        Others(4);
        web.Start("c2", "web-2");
        web.Apply(Content(web, Odd, ProcessFlags.AtStart));
        web.Apply(Content(web, Odd));
        Assert.Equal(2ul, Assert.Single(web.Deviations).Count);
        var alert = Assert.Single(web.Alerts);
        web.Engine.ApproveIncident(alert.Id, "root", "our build", web.Builder.Now);
        web.Start("c3", "web-3");
        web.Apply(Content(web, Odd));
        Assert.Single(web.Alerts);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)] // 3 of 4 images
    public void Fleet_ThatIsTooSmall_SaysNothing(int others)
    {
        Others(others);
        AssertSilent(Odd);
    }

    [Fact]
    public void Fleet_ThatDoesNotAgree_SaysNothing()
    {
        Others(7);
        Others(2, Odd);
        AssertSilent(Odd);
    }

    [Fact]
    public void SameContent_IsSilent()
    {
        Others(9);
        AssertSilent(Usual);
    }

    [Theory]
    [InlineData("debian 13", "7.88.1-10", "amd64", Curl)]
    [InlineData("ubuntu 12", "7.88.1-10", "amd64", Curl)]
    [InlineData("", "7.88.1-10", "amd64", Curl)] // nobody knows whose build it is
    [InlineData("debian 12", "7.88.1-11", "amd64", Curl)]
    [InlineData("debian 12", "7.88.1-10", "arm64", Curl)]
    [InlineData("debian 12", "7.88.1-10", "amd64", "/usr/lib/curl/curl")]
    public void AnotherBuild_IsNotCompared(string distribution, string version, string architecture, string path)
    {
        Others(9);
        var web = Web();
        web.Start("c1", "web-1");
        var content = Content(web, Odd, path: path);
        web.Apply(content with { Package = content.Package with { Distribution = distribution, Version = version, Architecture = architecture } });
        Assert.Empty(web.Deviations);
    }

    [Fact]
    public void ImagesWithoutADistribution_AreNotComparedWithEachOther()
    {
        Others(9, change: content => content with { Package = content.Package with { Distribution = "" } });
        AssertSilent(Odd, content => content with { Package = content.Package with { Distribution = "" } });
    }

    /// <summary>What is not proven to be the image's own is no word on images; a script is edited by its builder, and a mismatch is told by the image itself.</summary>
    [Theory]
    [InlineData(PackageVerdict.Matches, PackageFlags.FileOfImage, BinaryTraits.None)]
    [InlineData(PackageVerdict.Matches, PackageFlags.DatabaseOfImage, BinaryTraits.None)]
    [InlineData(PackageVerdict.OwnedWithoutSum, PackageFlags.FileOfImage, BinaryTraits.None)]
    [InlineData(PackageVerdict.OwnedWithoutSum, OfImage, BinaryTraits.NotElf)]
    [InlineData(PackageVerdict.Matches, OfImage, BinaryTraits.NotElf)]
    [InlineData(PackageVerdict.Mismatch, OfImage, BinaryTraits.None)]
    public void FileThatProvesNothing_IsNeitherWitnessNorAccused(object verdict, object flags, object traits)
    {
        BinaryObservation Change(BinaryObservation content) => content with { Traits = (BinaryTraits)traits, Package = content.Package with { Verdict = (PackageVerdict)verdict, Flags = (PackageFlags)flags } };
        Others(9, change: Change);
        Assert.Equal(0, _fleet.Packages.Files);
        Others(9);
        var web = Web();
        web.Start("c1", "web-1");
        web.Apply(Change(Content(web, Odd)));
        Assert.DoesNotContain(web.Deviations, deviation => deviation.Evidence.Any(evidence => evidence.Reason.Contains("of this fleet", StringComparison.Ordinal)));
    }

    [Fact]
    public void FileWithoutASum_IsComparedToo()
    {
        BinaryObservation WithoutSum(BinaryObservation content) => content with { Package = content.Package with { Verdict = PackageVerdict.OwnedWithoutSum } };
        Others(4, change: WithoutSum);
        var web = Web();
        web.Start("c1", "web-1");
        web.Apply(WithoutSum(Content(web, Odd)));
        Assert.Single(web.Alerts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fleet_IsKnownAgainAfterARestartOfTheCollector(bool isDamaged)
    {
        var again = new FleetKnowledge();
        using var store = new TempStore();
        using var start = new FleetStart(new States([.. Others(4).Select(other => other.Engine.Save())], isDamaged), again, new(), store.Meters, NullLogger<FleetStart>.Instance);
        await start.StartAsync(TestContext.Current.CancellationToken);
        await start.ExecuteTask!;
        Assert.Equal((1, !isDamaged), (again.Packages.Files, again.Packages.IsWhole));
        var web = new EngineWeb(fleet: again.For("web"));
        web.Start("c1", "web-1");
        web.Apply(Content(web, Odd));
        Assert.Equal(isDamaged ? 0 : 1, web.Alerts.Count());
    }

    /// <summary>A state that was saved before images were compared names no witnesses.</summary>
    [Fact]
    public void FileThatWasKeptBefore_BecomesAWitnessWhenItIsSeenAgain()
    {
        var web = Web();
        web.Start("c1", "web-1");
        var content = Content(web, Usual);
        web.Apply(content with { Package = content.Package with { Flags = PackageFlags.FileOfImage } });
        Assert.Equal(0, FilesAfterARestart());
        web.Apply(Content(web, Usual));
        Assert.Equal(1, FilesAfterARestart());

        int FilesAfterARestart()
        {
            var again = new FleetKnowledge();
            ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options, again.For("web"));
            return again.Packages.Files;
        }
    }

    /// <summary>A replica of the image that is right may run before: the next version has the bytes of all others, and the first one had not.</summary>
    [Theory]
    [InlineData(3, 0)]
    [InlineData(1, 1)]
    public void OtherBytesOfTheSameVersion_ThatTheFleetVerified_AreNoSilentChange(int others, int deviations)
    {
        var web = Web();
        web.Start("c1", "web-1");
        web.Apply(Content(web, Odd));
        web.Locked();
        Others(others);
        web.Start("c9", "web-9", "sha256:bbbb");
        web.Apply(Content(web, Usual));
        Assert.Equal(deviations, web.Deviations.Count(deviation => deviation.Kind == "binary"));
    }

    [Theory]
    [InlineData(3, 6)]
    [InlineData(1, 20)]
    public void PackedProgram_WithoutASum_WeighsLessOnceVerified(int others, double value)
    {
        Others(others, change: WithoutSum);
        var web = Web().Locked();
        web.Apply(WithoutSum(Content(web, Usual)) with { Traits = BinaryTraits.Packed });
        Assert.Equal(value, Assert.Single(web.Deviations).EValue, 3);

        static BinaryObservation WithoutSum(BinaryObservation content) => content with { Package = content.Package with { Verdict = PackageVerdict.OwnedWithoutSum } };
    }

    /// <param name="isDamaged">The last one cannot be read.</param>
    private sealed class States(List<byte[]> states, bool isDamaged) : IScopeLog
    {
        public Task<IReadOnlyList<string>> ListScopesAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>([.. Enumerable.Repeat(ObservationBuilder.Web.Id, states.Count + (isDamaged ? 1 : 0))]);

        public Task<StoredScope?> LoadAsync(string scopeId, CancellationToken cancellationToken)
        {
            if (states.Count == 0)
            {
                throw new IOException("the store is damaged");
            }

            var state = states[0];
            states.RemoveAt(0);
            return Task.FromResult<StoredScope?>(new StoredScope(state, 1, 1));
        }

        public Task<IReadOnlyList<LogRow>> ReadAsync(string scopeId, long after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();
        public Task<IReadOnlyList<LogPosition>> ListBehindAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
        public void NoteApplied(string scopeId, long through) => throw new NotSupportedException();
        public Task<Incident?> FindIncidentAsync(string scopeId, string incidentId, CancellationToken cancellationToken) => throw new NotSupportedException();
        public Task<Deviation?> FindDeviationAsync(string scopeId, string deviationId, CancellationToken cancellationToken) => throw new NotSupportedException();
        public Task<IReadOnlyList<Deviation>> ListDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken) => throw new NotSupportedException();
        public Task<long> SaveAsync(string scopeId, ScopeRecord record, long revision, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private EngineWeb Web() => new(fleet: _fleet.For("web"));

    private void AssertSilent(string sha256, Func<BinaryObservation, BinaryObservation>? change = null)
    {
        var web = Web();
        web.Start("c1", "web-1");
        var content = Content(web, sha256);
        web.Apply(change is null ? content : change(content));
        Assert.Empty(web.Deviations);
    }

    /// <summary>Deployments with an image each, that none of the others has anything to do with.</summary>
    private List<EngineWeb> Others(int count, string sha256 = Usual, Func<BinaryObservation, BinaryObservation>? change = null)
    {
        var others = new List<EngineWeb>();
        for (var i = 0; i < count; i++)
        {
            var name = $"{sha256[0]}{i}";
            var web = new EngineWeb(fleet: _fleet.For(name)) { Image = $"registry:5000/shop/{name}:1" };
            web.Start("c1", "web-1", $"sha256:{name}");
            var content = Content(web, sha256);
            web.Apply(change is null ? content : change(content));
            others.Add(web);
        }

        return others;
    }

    /// <summary>Of the replica that was started last.</summary>
    private static BinaryObservation Content(EngineWeb web, string sha256, ProcessFlags flags = ProcessFlags.None, string path = Curl)
    {
        var replica = web.Replicas[^1];
        return new()
        {
            Id = web.Builder.Exec(replica.Container, replica.Nginx).Id, Scope = ObservationBuilder.Web, AgentId = "agent-1", Node = "node1", Container = replica.Container,
            First = web.Builder.Now, Last = web.Builder.Now, Lineage = web.Builder.Process(path, replica.Nginx, flags: flags), Path = path, Sha256 = sha256,
            Package = new PackageFinding(PackageVerdict.Matches, OfImage, "curl", "7.88.1-10", "amd64", "debian 12"),
        };
    }
}
