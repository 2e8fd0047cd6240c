using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Runtime.Collector.Tests.Storage;

/// <summary>This test program as a process of its own, that may be killed: an environment variable names what it does instead of testing.</summary>
internal static class Child
{
    private const string Variable = "RUNTIME_TEST_CHILD";

    // Filled before Main.
    private static readonly Dictionary<string, Func<string, Task>> Roles = new()
    {
        ["store"] = KillTests.WriteForEverAsync,
        ["collector"] = Scopes.ScopeKillTests.CollectForEverAsync,
        ["sockets"] = Scopes.SiloTests.TellListenersAsync,
    };

    [ModuleInitializer]
#pragma warning disable CA2255 // the only place that runs before the test runner's Main
    public static void Become()
#pragma warning restore CA2255
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } words && words.Split('|', 2) is [var role, var argument])
        {
            Roles[role](argument).GetAwaiter().GetResult();
            Environment.Exit(0);
        }
    }

    public static Process Start(string role, string argument)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Child).Assembly.Location);
        }

        start.Environment[Variable] = $"{role}|{argument}";
        return Process.Start(start)!;
    }

    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return process.ExitCode;
    }
}
