using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Loops over somebody's files, each step of which weighs nothing.</summary>
public sealed class EngineMassChangeTests
{
    private readonly EngineWeb _web = new EngineWeb().Locked(hours: 180);

    [Fact]
    public void Files_ReplacedByOnesWithAnotherEnding_AreCritical()
    {
        Did("/usr/bin/openssl", FileOperation.Create, "/srv/data/1.txt.locked", "/srv/data/<int>.txt.locked", 200);
        Did("/usr/bin/rm", FileOperation.Unlink, "/srv/data/1.txt", "/srv/data/<int>.txt", 200);
        var deviation = Assert.Single(Found());
        Assert.Equal((Severity.Critical, "/usr/bin/rm|replace many|.locked|other"), (deviation.Severity, deviation.Key));
        Assert.Equal("200 files were replaced by ones ending in .locked in shop/web, at last by /usr/bin/rm: never seen in 8 days on 2 replicas", deviation.Title);
        Assert.Equal("T1486", deviation.Evidence[0].Technique);
    }

    [Fact]
    public void Files_RenamedWithSomethingBehind_AreCritical_AlsoWhenNoTwoNamesAreAlike()
    {
        foreach (var name in Words(26))
        {
            Did("/usr/bin/python3", FileOperation.Rename, $"/srv/data/{name}.doc.locked", $"/srv/data/{name}.doc.locked", 1, $"/srv/data/{name}.doc");
        }

        Assert.Equal(Severity.Critical, Assert.Single(Found()).Severity);
    }

    [Fact]
    public void Files_Removed_AlertOnce()
    {
        Did("/usr/bin/shred", FileOperation.Unlink, "/srv/base.1", "/srv/base.<int>", 30);
        var deviation = Assert.Single(Found());
        Assert.Equal((Severity.Medium, "/usr/bin/shred|remove many||other"), (deviation.Severity, deviation.Key));
        Assert.Single(_web.Alerts);
        Did("/usr/bin/shred", FileOperation.Unlink, "/srv/base.1", "/srv/base.<int>", 30);
        Assert.Single(Found());
        Assert.Single(_web.Alerts);
    }

    [Theory]
    [InlineData("Unlink", "/srv/base.1", "/srv/base.<int>", "", 24)] // few
    [InlineData("Unlink", "/tmp/base.1", "/tmp/base.<int>", "", 500)] // a place for what is removed
    [InlineData("Create", "/srv/1.doc.locked", "/srv/<int>.doc.locked", "", 500)] // only made
    [InlineData("Rename", "/srv/1.doc", "/srv/<int>.doc", "/srv/1.doc.tmp", 500)] // written beside and put in place
    [InlineData("Rename", "/var/lib/x/1.log.gz", "/var/lib/x/<int>.log.gz", "/var/lib/x/1.log", 500)] // what compressors append
    public void Change_OfThisKind_IsNoLoopOverData(string operation, string path, string template, string other, int count)
    {
        Did("/usr/bin/tool", Enum.Parse<FileOperation>(operation), path, template, (ulong)count, other);
        Assert.Empty(Found());
    }

    [Fact]
    public void Files_Compressed_AreKept_AndOthersThatWereRemovedCount()
    {
        Did("/usr/bin/gzip", FileOperation.Create, "/srv/1.doc.gz", "/srv/<int>.doc.gz", 20);
        Did("/usr/bin/python3", FileOperation.Rename, "/srv/1.doc.gz", "/srv/<int>.doc.gz", 20, "/srv/1.doc.tmp");
        Did("/usr/bin/gzip", FileOperation.Unlink, "/srv/1.doc", "/srv/<int>.doc", 40);
        Assert.Empty(Found());
        Did("/usr/bin/rm", FileOperation.Unlink, "/srv/1.txt", "/srv/<int>.txt", 25);
        Assert.Equal("/usr/bin/rm|remove many||other", Assert.Single(Found()).Key);
    }

    [Fact]
    public void Files_RemovedSlowly_AreNoLoop()
    {
        for (var i = 0; i < 8; i++)
        {
            Did("/usr/bin/tool", FileOperation.Unlink, "/srv/base.1", "/srv/base.<int>", 20);
            _web.Builder.Now += _web.Options.JoinWindow + TimeSpan.FromSeconds(1);
        }

        Assert.Empty(Found());
    }

    [Fact]
    public void Count_GoesOnAfterAStateWasRestored()
    {
        Did("/usr/bin/tool", FileOperation.Unlink, "/srv/base.1", "/srv/base.<int>", 20);
        _web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, _web.Engine.Save(), _web.Options);
        Did("/usr/bin/tool", FileOperation.Unlink, "/srv/other.1", "/srv/other.<int>", 5);
        Assert.Single(Found());
    }

    [Fact]
    public void Names_WithoutEnd_AreBounded()
    {
        var changes = new RecentChanges();
        var process = _web.Builder.Process("/usr/bin/tool");
        for (var i = 0; i < 1000; i++)
        {
            Assert.Null(changes.Add(_web.Builder.File(null, process, $"/srv/{i}/a.txt.x", FileOperation.Create), 1, 100));
        }

        Assert.Equal(64, changes.Beside.Count);
    }

    [Theory]
    [InlineData("/var/log/nginx/access.log", "Truncate", true)]
    [InlineData("/var/log/wtmp", "Unlink", true)]
    [InlineData("/var/log/nginx/access.log", "Rename", false)] // what a rotation does
    [InlineData("/var/log/nginx/access.log.2.gz", "Unlink", false)]
    [InlineData("/var/log/web-20260401.log", "Unlink", false)]
    [InlineData("/srv/app.log", "Unlink", false)]
    public void Log_ThatIsRemovedOrEmptied_IsTold(string path, string operation, bool isTold)
    {
        Did("/usr/bin/tool", Enum.Parse<FileOperation>(operation), path, path, 1);
        Assert.Equal(isTold, _web.Alerts.Any(alert => alert.Techniques.Contains("T1070.002") && alert.Severity == Severity.High));
    }

    private IEnumerable<Deviation> Found() => _web.Deviations.Where(deviation => deviation.Key.Contains(" many|", StringComparison.Ordinal));

    private void Did(string binary, FileOperation operation, string path, string template, ulong count, string other = "")
    {
        var replica = _web.Replicas[0];
        var process = _web.Builder.Process(binary, replica.Entrypoint);
        _web.Apply(_web.Builder.File(replica.Container, process, path, operation, template) with { Count = count, OtherPath = other });
    }

    private static IEnumerable<string> Words(int count) => Enumerable.Range(0, count).Select(i => "letter-" + (char)('a' + i));
}
