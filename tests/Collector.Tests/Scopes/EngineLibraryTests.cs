using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class EngineLibraryTests
{
    private readonly EngineWeb _web = new EngineWeb().Locked();
    private readonly EngineWeb.Replica _replica;

    public EngineLibraryTests() => _replica = _web.Replicas[0];

    [Fact]
    public void LibraryOfTheImage_IsSilent()
    {
        Load("/usr/lib/libssl.so.3", FileFlags.Executable);
        Load("/app/vendor/native.so", FileFlags.None);
        Assert.Empty(_web.Deviations);
    }

    [Fact]
    public void Library_DroppedIntoTheContainer_Alerts()
    {
        Load("/tmp/a.so", FileFlags.UpperLayer);
        var deviation = Assert.Single(_web.Deviations);
        Assert.Equal("T1574.006", deviation.Evidence[0].Technique);
        Assert.Contains("/usr/sbin/nginx loaded /tmp/a.so", deviation.Title, StringComparison.Ordinal);
        Assert.NotEmpty(_web.Alerts);
    }

    [Fact]
    public void Library_WrittenByAnotherProgram_NamesTheWriter()
    {
        var copy = _web.Builder.Process("/bin/cp", _replica.Nginx);
        _web.Apply(_web.Builder.File(_replica.Container, copy, "/usr/lib/libx.so", FileOperation.Create));
        Load("/usr/lib/libx.so", FileFlags.None);
        Assert.Contains(_web.Deviations, d => d.Evidence[0].Reason.Contains("written by /bin/cp", StringComparison.Ordinal));
    }

    [Fact]
    public void File_ThatWasRenamedAndMadeExecutable_IsStillWhoWroteIts()
    {
        var (curl, mv, chmod) = (_web.Builder.Process("/usr/bin/curl", _replica.Nginx), _web.Builder.Process("/bin/mv", _replica.Nginx), _web.Builder.Process("/bin/chmod", _replica.Nginx));
        _web.Apply(_web.Builder.File(_replica.Container, curl, "/srv/x.tmp", FileOperation.Create));
        _web.Apply(_web.Builder.File(_replica.Container, mv, "/srv/libx.so", FileOperation.Rename) with { OtherPath = "/srv/x.tmp" });
        _web.Apply(_web.Builder.File(_replica.Container, chmod, "/srv/libx.so", FileOperation.ChmodExecutable));
        Load("/srv/libx.so", FileFlags.None);
        Assert.Contains(_web.Deviations, d => d.Evidence[0].Reason.Contains("written by /usr/bin/curl", StringComparison.Ordinal));
    }

    [Fact]
    public void Library_FromMemory_Alerts()
    {
        Load("/memfd:x", FileFlags.None);
        Assert.Equal("T1620", Assert.Single(_web.Deviations).Evidence[0].Technique);
        Assert.NotEmpty(_web.Alerts);
    }

    [Fact]
    public void Library_ThatAProgramUnpacksForItselfWhileItStarts_IsNoNews()
    {
        var java = _web.Builder.Process("/usr/bin/java", _replica.Entrypoint, Phase.Init);
        var unpacked = _web.Builder.File(_replica.Container, java, "/tmp/libnetty123.so", FileOperation.Create);
        _web.Apply(unpacked);
        var map = _web.Builder.File(_replica.Container, java, "/tmp/libnetty123.so", FileOperation.MapExecutable, flags: FileFlags.UpperLayer);
        var assessment = LibraryEvidence.Assess(map, writtenBySelf: true, default);
        Assert.True(assessment is { IsRemarkable: false });
        _web.Apply(map);
        Assert.Empty(_web.Alerts);
    }

    [Fact]
    public void Program_RemovedWhileItRuns_IsToldThoughSuchFilesAreRemovedAllTheTime()
    {
        var known = _web.Builder.File(_replica.Container, _replica.Nginx, "/tmp/a1", FileOperation.Unlink, "/tmp/<n>");
        _web.Apply(known);
        var before = _web.Deviations.Count();
        _web.Apply(_web.Builder.File(_replica.Container, _replica.Nginx, "/tmp/a2", FileOperation.Unlink, "/tmp/<n>", FileFlags.RunningProgram));
        Assert.Equal(before + 1, _web.Deviations.Count());
        Assert.Contains("while it runs", _web.Deviations.Last().Evidence[0].Reason, StringComparison.Ordinal);
    }

    private void Load(string path, FileFlags flags) =>
        _web.Apply(_web.Builder.File(_replica.Container, _replica.Nginx, path, FileOperation.MapExecutable, flags: flags));
}
