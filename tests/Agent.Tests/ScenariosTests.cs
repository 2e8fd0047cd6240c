using System.Text.RegularExpressions;
using Xunit;

namespace Runtime.Agent.Tests;

public sealed partial class ScenariosTests
{
    /// <summary>A table that names tests is worth what they are: one that was renamed or removed is found here.</summary>
    [Fact]
    public void EveryTestThatTheTableNames_Exists()
    {
        var repository = Repository();
        var named = Named().Matches(File.ReadAllText(Path.Combine(repository, "agent", "scenarios.md"))).Select(m => (File: m.Groups[1].Value + ".cs", Test: m.Groups[2].Value)).Distinct().ToArray();
        var sources = Directory.EnumerateFiles(Path.Combine(repository, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(path => Path.GetFileName(path), File.ReadAllText);
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(sources[name.File], source => source.Contains($" {name.Test}(", StringComparison.Ordinal)));
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "agent", "scenarios.md")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException("agent/scenarios.md");
    }

    [GeneratedRegex("`([A-Za-z]+Tests)\\.([A-Za-z0-9_]+)`")]
    private static partial Regex Named();
}
