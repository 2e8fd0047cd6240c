using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Containers;

public sealed class CgroupTreeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cgroup-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("", false, "/kubepods/a", null, null, "/kubepods/a", (byte)2)]
    [InlineData("/unified", true, "/kubepods/a", "/kubepods/a", null, "/kubepods/a", (byte)2)]
    [InlineData("/unified", true, "/", "/kubepods/a", "/other", "/kubepods/a", (byte)1)]
    [InlineData("/unified", true, "/", "/", "/", "/", (byte)2)]
    public void KeyOf_Layouts_NameTheHierarchyThatTells(string v2, bool hasMemory, string v2Path, string? memory, string? pids, string path, byte version)
    {
        Directory.CreateDirectory(_root + v2 + "/kubepods/a");
        File.WriteAllText(_root + v2 + "/cgroup.controllers", "");
        if (hasMemory)
            Directory.CreateDirectory(_root + "/memory/kubepods/a");
        var tree = new CgroupTree(new() { CgroupRoot = _root });
        tree.Walk();
        var key = tree.KeyOf(new ProcCgroup(v2Path, memory, pids));
        Assert.Equal(version, key.Version);
        Assert.NotEqual(0ul, key.Id);
        Assert.Equal(path, tree.PathOf(key, null));
        Assert.Equal(0ul, tree.Repaired);
    }

    /// <summary>An unprivileged pod on cgroup v2 reads others' paths from the root of its own cgroup namespace.</summary>
    [Fact]
    public void KeyOf_SeenFromANamespaceOfOurOwn_IsTheOneOfTheTree()
    {
        Directory.CreateDirectory(_root + "/kubepods/own");
        Directory.CreateDirectory(_root + "/kubepods/other");
        File.WriteAllText(_root + "/cgroup.controllers", "");
        File.WriteAllText(_root + "/kubepods/own/cgroup.procs", $"1\n{Environment.ProcessId}\n");
        File.WriteAllText(_root + "/kubepods/other/cgroup.procs", "2\n");
        var tree = new CgroupTree(new() { CgroupRoot = _root });
        var key = tree.KeyOf(new ProcCgroup("/kubepods/other", null, null));

        Assert.Equal(key, tree.KeyOf(new ProcCgroup("/../other", null, null)));
        Assert.Equal(key, tree.KeyOf(new ProcCgroup("/../../kubepods/other", null, null)));
        Assert.Equal("/kubepods/other", tree.PathOf(key, () => new ProcCgroup("/../other", null, null)));
    }

    [Fact]
    public void PathOf_Forgotten_IsRepairedFromTheProcessOnlyIfItIsThatCgroup()
    {
        Directory.CreateDirectory(_root + "/a");
        Directory.CreateDirectory(_root + "/b");
        File.WriteAllText(_root + "/cgroup.controllers", "");
        var tree = new CgroupTree(new() { CgroupRoot = _root });
        var key = tree.KeyOf(new ProcCgroup("/a", null, null));
        Assert.Null(tree.PathOf(key, () => new ProcCgroup("/b", null, null)));
        Assert.Equal("/a", tree.PathOf(key, () => new ProcCgroup("/a", null, null)));
        Assert.Equal("/a", tree.PathOf(key, null));
    }

    [Fact]
    public void Keep_BeyondBound_IsCounted()
    {
        var tree = new CgroupTree(new() { CgroupRoot = _root, MaxCgroups = 1024 });
        for (ulong i = 2; i < 1030; i++)
            tree.OnMade(new(i, 2), "/x"u8);
        Assert.Equal(1024, tree.Count);
        Assert.Equal(4ul, tree.NotKept);
    }

    [Fact]
    public void PathOf_RealCgroup_IsToldByTheKernelFromTheIdAlone()
    {
        var options = new ContainerOptions();
        var walked = new CgroupTree(options);
        walked.Walk();
        var sample = walked.Keys.FirstOrDefault();
        if (Environment.UserName != "root" || sample == default)
            Assert.Skip("needs root and a cgroup below the root");
        var fresh = new CgroupTree(options);
        var path = fresh.PathOf(sample, null);
        if (path is null && walked.PathOf(sample, null) is { } known && !Directory.Exists(options.CgroupRoot + known) && !Directory.Exists($"{options.CgroupRoot}/unified{known}") && !Directory.Exists($"{options.CgroupRoot}/memory{known}"))
            Assert.Skip("the cgroup went away meanwhile");
        Assert.Equal(walked.PathOf(sample, null), path);
        Assert.Equal(1ul, fresh.Repaired);
        Assert.Null(fresh.PathOf(new CgroupKey(ulong.MaxValue / 2, 2), null));
    }
}
