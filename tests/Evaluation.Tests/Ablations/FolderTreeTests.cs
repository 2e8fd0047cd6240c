using Runtime.Evaluation.Ablations;

namespace Runtime.Evaluation.Tests.Ablations;

public sealed class FolderTreeTests
{
    [Fact]
    public void Folder_WithMoreNamesThanItMay_StandsForAnyName()
    {
        var tree = new FolderTree();
        for (var i = 0; i < 50; i++)
        {
            Assert.True(tree.Learn($"/var/cache/{i}"));
        }

        Assert.False(tree.Knows("/var/cache/other"));
        Assert.True(tree.Learn("/var/cache/50"));
        Assert.True(tree.Knows("/var/cache/other"));
        Assert.True(tree.Knows("/var/cache/7"));
        Assert.False(tree.Knows("/var/other"));
        Assert.False(tree.Knows("/var/cache/other/deeper"));
    }

    [Fact]
    public void Settings_KeepMoreNames()
    {
        var tree = new FolderTree();
        for (var i = 0; i < 100; i++)
        {
            tree.Learn($"/etc/app/{i}");
        }

        Assert.False(tree.Knows("/etc/app/other"));
        tree.Learn("/etc/app/100");
        Assert.True(tree.Knows("/etc/app/other"));
    }

    [Fact]
    public void FoldersOfACollapsedFolder_AreOneFolder()
    {
        var tree = new FolderTree(most: 2);
        tree.Learn("/data/a/x");
        tree.Learn("/data/b/y");
        tree.Learn("/data/c/z");
        Assert.True(tree.Knows("/data/new/x"));
        Assert.True(tree.Knows("/data/a/y"));
        Assert.False(tree.Knows("/data/a/"));
    }

    [Fact]
    public void Path_IsNewOnce()
    {
        var tree = new FolderTree();
        Assert.True(tree.Learn("/var/log/a"));
        Assert.False(tree.Learn("/var/log/a"));
        Assert.False(tree.Knows("/var/log"));
    }
}
