using Runtime.Pods;
using Runtime.Stack;

// The tests share one kernel and two cores: side by side they would measure each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(HeldTracepoints))]

namespace Runtime.Integration;

/// <summary>What these tests need of the machine.</summary>
internal static class Machine
{
    /// <summary>Hard limit of one test, milliseconds.</summary>
    public const int Limit = 180_000;

    /// <summary>How long a fact may take from the kernel to an answer of the collector on a loaded machine.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static string Programs => Environment.GetEnvironmentVariable("RUNTIME_PROGRAMS") ?? Path.Combine(Repository(), "out");

    /// <summary>Skips the test, with the reason, where root or the built programs are missing.</summary>
    public static StackOptions OptionsOrSkip()
    {
        Assert.SkipWhen(Environment.UserName != "root", "loading kernel programs needs root");
        Assert.SkipWhen(!File.Exists(Path.Combine(Programs, "agent", "agent")), $"no built programs in {Programs}; run tests/run.sh, which builds them");
        return new StackOptions { Programs = Programs, Unit = TimeSpan.FromMilliseconds(500), ReportInterval = TimeSpan.FromMilliseconds(250) };
    }

    /// <summary>On which the agents of this run watch; RUNTIME_RUNG names another one than the best.</summary>
    public static int Rung => new StackOptions { Programs = "" }.Rung ?? 1;

    /// <summary>Skips a test of what the rung of this run cannot see, with the reason.</summary>
    /// <param name="highest">The lowest rung, so the highest number, that can.</param>
    public static void SkipBelowRung(int highest, string why) => Assert.SkipWhen(Rung > highest, $"rung {Rung}: {why}");

    public static void SkipWithoutPods() => Assert.SkipWhen(ContainerdNode.Obstacle() is not null, ContainerdNode.Obstacle() ?? "");

    public static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests lie outside of the repository");
    }
}
