using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>A file that was written is known again when it is run, under whatever name.</summary>
public sealed class EngineWriteTests
{
    private const uint Device = 7 << 20;

    private readonly EngineWeb _web = new EngineWeb().Locked();
    private readonly EngineWeb.Replica _replica;
    private readonly IReadOnlyList<ProcessInfo> _curl;
    private readonly IReadOnlyList<ProcessInfo> _shell;

    public EngineWriteTests()
    {
        _replica = _web.Replicas[0];
        _curl = _web.Builder.Process("/usr/bin/curl", _replica.Nginx);
        _shell = _web.Builder.Process("/bin/sh", _replica.Nginx);
    }

    [Theory]
    [InlineData("/root/.ssh/authorized_keys", Severity.High)]
    [InlineData("/usr/share/x", Severity.Low)]
    public void Key_ThatLetsSomebodyIn_IsHighThoughItWeighsNoMoreThanAnAlert(string path, object severity)
    {
        _web.Apply(_web.Builder.File(_replica.Container, _replica.Nginx, path));
        var incident = Assert.Single(_web.Incidents);
        Assert.True(incident.EValue < 10 * incident.Threshold);
        Assert.Equal((Severity)severity, incident.Severity);
    }

    [Theory]
    [InlineData("/srv/other", "hard link whose making was not seen, or a bind mount's other path")]
    [InlineData("/srv/renamed/x", "renamed folder")]
    [InlineData("/proc/71/root/srv/d/x", "another root")]
    public void File_RunUnderAnotherName_IsStillWhoWroteIts(string path, string because)
    {
        Write("/srv/d/x", 42);
        Assert.True(IsTold(Run(path, 42)), because);
    }

    [Fact]
    public void File_OfAnotherInodeOrDevice_IsNobodys()
    {
        Write("/srv/d/x", 42);
        Assert.False(IsTold(Run("/srv/a", 43)));
        Assert.False(IsTold(Run("/srv/b", 42, Device + 1)));
        Assert.False(IsTold(Run("/srv/c", 0)));
    }

    [Fact]
    public void Link_ThatWasSeen_KeepsTheWriter()
    {
        Write("/srv/d/x", 42);
        var ln = _web.Builder.Process("/bin/ln", _shell);
        _web.Apply(_web.Builder.File(_replica.Container, ln, "/srv/y", FileOperation.Link) with { OtherPath = "/srv/d/x" });
        Assert.True(IsTold(Run("/srv/y", 42)));
    }

    [Fact]
    public void Exchange_LeavesEachFileItsWriter()
    {
        Write("/srv/a", 42);
        Write("/srv/b", 43, _web.Builder.Process("/usr/bin/wget", _replica.Nginx));
        foreach (var (path, from) in new[] { ("/srv/a", "/srv/b"), ("/srv/b", "/srv/a") })
        {
            _web.Apply(_web.Builder.File(_replica.Container, _shell, path, FileOperation.Rename) with { OtherPath = from });
        }

        Assert.True(IsTold(Run("/srv/b", 42)));
        Assert.True(IsTold(Run("/srv/a", 43), "/usr/bin/wget"));
    }

    [Fact]
    public void Script_ThatCurlWroteAndAShellRan_NamesWriterTimeAndRunner()
    {
        Write("/srv/x.sh", 42);
        _web.Builder.Now += TimeSpan.FromSeconds(4.2);
        var script = _web.Builder.Process("/bin/bash", _shell, script: "/srv/x.sh", arguments: ["bash", "/srv/x.sh"]);
        _web.Apply(_web.Builder.Exec(_replica.Container, script));
        var words = $"the file was written by /usr/bin/curl (process {_curl[0].Pid}) 4.2 s before, and run by /bin/sh (process {_shell[0].Pid})";
        Assert.Contains(_web.Deviations, d => d.Evidence.Any(e => e.Reason == words && e.Technique == "T1105"));
    }

    [Fact]
    public void Payload_OfALoader_NamesItsWriter()
    {
        Write("/srv/payload", 42);
        var loader = _web.Builder.Process("/lib64/ld-linux-x86-64.so.2", _shell);
        IReadOnlyList<ProcessInfo> lineage = [loader[0] with { Payload = "/srv/payload" }, .. _shell];
        _web.Apply(_web.Builder.Exec(_replica.Container, lineage));
        Assert.True(IsTold(loader[0].Pid));
    }

    /// <summary>The same writer again is no new entry, and keeps what it is found by.</summary>
    [Fact]
    public void Writes_Renewed_AreTheYoungestAgain()
    {
        var writes = new RecentWrites();
        writes.Add(new RecentWrite("c", "/a", "/bin/x", 1, 1, 10) { File = new(1, 7) });
        writes.Add(new RecentWrite("c", "/b", "/bin/x", 1, 1, 20) { File = new(1, 8) });
        Assert.True(writes.Renew(new("c", 1, 1), "/bin/x", "/a", new(1, 7), 30));
        Assert.False(writes.Renew(new("c", 2, 1), "/bin/x", "/a", new(1, 7), 40));
        Assert.False(writes.Renew(new("c", 1, 1), "/bin/y", "/a", new(1, 7), 40));
        Assert.False(writes.Renew(new("c", 1, 1), "/bin/x", "/a", new(1, 9), 40));
        Assert.Equal(["/b", "/a"], writes.All.Select(write => write.Path));
        writes.Forget(30);
        Assert.Null(writes.Find("c", "/b", 0, new(1, 8)));
        Assert.Equal(30, writes.Find("c", "", 30, new(1, 7))!.Time);
        Assert.Equal(30, writes.Find("c", "/a", 30)!.Time);
    }

    [Fact]
    public void Writes_BeyondTheBound_ForgetTheOldestUnderBothKeys()
    {
        var writes = new RecentWrites();
        for (var i = 1; i <= RecentWrites.Capacity + 1; i++)
        {
            // One name again and again, each time another file.
            writes.Add(new RecentWrite("c", "/x", "/bin/curl", 1, 1, i) { File = new FileId(Device, (ulong)i) });
        }

        Assert.Equal(RecentWrites.Capacity, writes.All.Count());
        Assert.Null(writes.Find("c", "", 0, new FileId(Device, 1)));
        Assert.Equal(2, writes.Find("c", "", 0, new FileId(Device, 2))!.Time);
        Assert.Equal(RecentWrites.Capacity + 1, writes.Find("c", "/x", 0)!.Time);
        Assert.Null(writes.Find("other", "/x", 0, new FileId(Device, 2)));
    }

    private void Write(string path, ulong inode, IReadOnlyList<ProcessInfo>? writer = null) =>
        _web.Apply(_web.Builder.File(_replica.Container, writer ?? _curl, path) with { Device = Device, Inode = inode });

    private uint Run(string path, ulong inode, uint device = Device)
    {
        var process = _web.Builder.Process(path, _shell);
        IReadOnlyList<ProcessInfo> lineage = [process[0] with { Device = device, Inode = inode }, .. _shell];
        _web.Apply(_web.Builder.Exec(_replica.Container, lineage));
        return process[0].Pid;
    }

    private bool IsTold(uint pid, string writer = "/usr/bin/curl") =>
        _web.Deviations.Any(d => d.Lineage[0].Pid == pid && d.Evidence.Any(e => e.Reason.Contains($"written by {writer} (process", StringComparison.Ordinal)));
}
