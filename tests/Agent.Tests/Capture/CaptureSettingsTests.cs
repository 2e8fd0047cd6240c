using System.Text;
using Runtime.Agent.Capture;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

public sealed class CaptureSettingsTests
{
    [Theory]
    [InlineData("/etc/shadow", true)]
    [InlineData("/etc/shadow2", false)]
    [InlineData("/srv/etc/shadow", false)]
    [InlineData("/vault/a/b", true)]
    [InlineData("/vaults/a", false)]
    [InlineData("/home/x/.ssh/id_rsa", true)]
    [InlineData("/home/x/id_ed25519", true)]
    [InlineData("/home/x/my-id_ed25519", false)]
    public void SensitivePaths_EveryShape_CoversWhatItSays(string path, bool expected)
    {
        var paths = new SensitivePaths(["/etc/shadow", "/vault/", "*/.ssh/", "*/id_ed25519"]);
        Assert.Equal(expected, paths.Contains(Encoding.UTF8.GetBytes(path)));
        Assert.True(paths.HasDirectories);
    }

    [Fact]
    public void SensitivePaths_ForTheKernel_AreLastComponentsOnce()
    {
        var long40 = new string('n', 40);
        var names = new SensitivePaths(["/a/x", "/b/x", "/c/x/", $"/d/{long40}"]).KernelNames()
            .ToDictionary(n => Encoding.UTF8.GetString(n.Name), n => n.Places);
        Assert.Equal(new Dictionary<string, byte> { ["x"] = 3, [new string('n', 31)] = 1 }, names);
    }

    [Fact]
    public void Options_Default_HaveNoFault() => Assert.Empty(new CaptureOptions().Faults());

    [Fact]
    public void Options_WithFaults_NameThemAllAtOnce()
    {
        var faults = new CaptureOptions
        {
            RingBytes = 100_000,
            WakeBytes = 0,
            SensitivePaths = ["etc/shadow", "/a//b", "/*", "/fine"],
            DisabledHooks = new HashSet<string> { "exec", "nonsense" },
        }.Faults().ToList();
        Assert.Equal(6, faults.Count);
        Assert.Contains(faults, f => f.Contains("RingBytes is 100000", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.Contains("'etc/shadow' must begin", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.Contains("'nonsense' is not a hook", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t57\t1\npids\t8\t5\t1\n", false)]
    [InlineData("memory\t0\t57\t1\npids\t8\t5\t1\n", true)]
    [InlineData("memory\t0\t57\t1\npids\t0\t5\t1\n", false)]
    [InlineData("", false)]
    public void CgroupHierarchies_NamesByPids_OnlyWithoutMemory(string procCgroups, bool expected) =>
        Assert.Equal(expected, CgroupHierarchies.NamedByPids(procCgroups));

    [Fact]
    public void KernelPath_AtItsLongest_Fits()
    {
        var walk = RecordBuilder.Walk(string.Concat(Enumerable.Repeat("/" + new string('d', 255), 16)));
        var target = new byte[KernelPath.MaxBytes];
        Assert.Equal(4096, walk.Length);
        Assert.True(KernelPath.TryAssemble(walk, truncated: true, target, out var length));
        Assert.True(KernelPath.TryAppend(target, ref length, Encoding.ASCII.GetBytes(new string('a', 4095))));
        Assert.Equal("/...".Length + 4096 + 1 + 4095, length);
    }
}
