using System.Text;
using CsCheck;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Processes;

public sealed class ProcfsTests
{
    [Theory]
    [InlineData("1234 (cat) R 7497 7497 2813 0 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 313916 3133440 410", 7497u, 313916ul, false)]
    [InlineData("1 ((sd-pam)) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 2", 0u, 2ul, false)]
    [InlineData("9 (a) R 1 (b) S 7 9 9 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 77 1 1", 7u, 77ul, false)]
    [InlineData("9 (line\nbreak) S 7 9 9 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 77 1 1", 7u, 77ul, false)]
    [InlineData("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0", 0u, 0ul, true)]
    public void Stat_Sample_IsRead(string text, uint parent, ulong ticks, bool isKernelThread)
    {
        Assert.True(ProcfsText.TryParseStat(Encoding.UTF8.GetBytes(text), out var stat));
        Assert.Equal(new ProcStat(parent, ticks, isKernelThread), stat);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234 (cat")]
    [InlineData("1234 (cat)")]
    [InlineData("1234 (cat) R 1 2 3")]
    [InlineData("1234 (cat) R x 7497 2813 0 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 313916")]
    [InlineData("1234 (cat) R -5 7497 2813 0 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 313916")]
    public void Stat_Malformed_IsRefused(string text) => Assert.False(ProcfsText.TryParseStat(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Status_Sample_IsRead()
    {
        var text = "Name:\tUid:\\n1\nUmask:\t0022\nUid:\t1000\t0\t1000\t1000\nGid:\t100\t5\t5\t5\nNSpid:\t4711\t20\t1\nCapEff:\t00000000a80425fb\n"u8;
        Assert.True(ProcfsText.TryParseStatus(text, out var status));
        Assert.Equal(new ProcStatus(1000, 0, 100, 0xa80425fb, 1, 3), status);
    }

    [Theory]
    [InlineData("0::/a/b\n", "/a/b", null, null)]
    [InlineData("9:name=systemd:/\n8:pids:/p\n4:memory:/m\n1:cpu,cpuacct:/c\n0::/\n", "/", "/m", "/p")]
    [InlineData("5:hugetlb,memory:/m\n0::/x.slice:cri-containerd:id (deleted)\n", "/x.slice:cri-containerd:id", "/m", null)]
    [InlineData("junk\n::\n0:memory\n", null, null, null)]
    public void Cgroup_Sample_IsRead(string text, string? v2, string? memory, string? pids) =>
        Assert.Equal(new ProcCgroup(v2, memory, pids), ProcfsText.ParseCgroup(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Parsers_AnyBytes_NeverThrow() =>
        Gen.Byte.Array[0, 500].Sample(bytes =>
        {
            _ = ProcfsText.TryParseStat(bytes, out _);
            _ = ProcfsText.TryParseStatus(bytes, out _);
            ProcfsText.ParseCgroup(bytes);
            ProcfsText.ParseNamespaceLink(bytes);
        });

    [Fact]
    public void ReadProcess_FakeTree_TellsAll()
    {
        using var proc = new FakeProc();
        proc.Add(42, 7, 1000, comm: "we) ird", exe: "/usr/bin/app", cmdline: "app\0-x\0", cgroup: "0::/a\n");
        var process = new ProcfsReader(proc.Root).ReadProcess(42);
        Assert.NotNull(process);
        Assert.Equal(new ProcStat(7, 1000, false), process.Stat);
        Assert.Equal("app\0-x\0", FakeProc.Text(process.Arguments));
        Assert.Equal("/usr/bin/app", FakeProc.Text(process.Binary));
        Assert.Equal("/srv", FakeProc.Text(process.Cwd));
        Assert.Equal("/a", process.Cgroup.V2);
        Assert.Equal(uint.MaxValue, process.LoginUid);
        Assert.Equal(4026531841u, process.MountNamespace);
        Assert.Equal((1000u, 0u, 100u), (process.Status.Uid, process.Status.Euid, process.Status.Gid));
    }

    [Fact]
    public void ReadProcess_Gone_IsCountedNotThrown()
    {
        using var proc = new FakeProc();
        var reader = new ProcfsReader(proc.Root);
        Assert.Null(reader.ReadProcess(42));
        Assert.Null(reader.ReadStat(43));
        Assert.Equal(2ul, reader.Gone);
    }

    [Fact]
    public void ReadProcess_LinksInPlaceOfFiles_AreNotFollowed()
    {
        using var proc = new FakeProc();
        var secret = Path.Join(proc.Root, "secret");
        File.WriteAllText(secret, "42 (x) S 7 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 5 1\n");
        proc.Add(42, 7, 1000);
        File.Delete(Path.Join(proc.Root, "42/stat"));
        File.CreateSymbolicLink(Path.Join(proc.Root, "42/stat"), secret);
        Directory.CreateSymbolicLink(Path.Join(proc.Root, "43"), Path.Join(proc.Root, "42"));
        var reader = new ProcfsReader(proc.Root);
        Assert.Null(reader.ReadProcess(42));
        Assert.Null(reader.ReadProcess(43));
    }

    [Fact]
    public void ReadProcess_OurselvesInRealProc_Matches()
    {
        var process = new ProcfsReader("/proc").ReadProcess((uint)Environment.ProcessId);
        Assert.NotNull(process);
        Assert.Equal(File.ResolveLinkTarget("/proc/self/exe", false)!.FullName, FakeProc.Text(process.Binary));
        Assert.Equal((ulong)new FileInfo(FakeProc.Text(process.Binary)).Length, process.Size);
        Assert.True(process.Links > 0);
    }
}
