using Runtime.Collector.Tests.Storage;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Runtime.Collector.Tests;

/// <summary>The entry point that xunit would generate, and before it the way for a test's child process.</summary>
internal static class TestProgram
{
    public static async Task<int> Main(string[] arguments)
    {
        if (await Child.BecomeAsync())
        {
            return 0;
        }

        return arguments.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(arguments);
    }
}
