using System.Diagnostics;

namespace Runtime.Collector.Tests.Storage;

/// <summary>This test program as a process of its own, that may be killed: an environment variable names what it does instead of testing.</summary>
internal static class Child
{
    private const string Variable = "RUNTIME_TEST_CHILD";

    // What a child can be.
    private static readonly Dictionary<string, Func<string, Task>> Roles = new()
    {
        ["store"] = KillTests.WriteForEverAsync,
        ["collector"] = Scopes.ScopeKillTests.CollectForEverAsync,
        ["digest"] = DigestStoreTests.TellForEverAsync,
        ["sockets"] = Scopes.SiloTests.TellListenersAsync,
    };

    /// <returns>False: this process is to test.</returns>
    public static async Task<bool> BecomeAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|', 2) is not [var role, var argument])
        {
            return false;
        }

        await Roles[role](argument);
        return true;
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
