using System.ComponentModel;
using System.Diagnostics;
using Runtime.Agent.Capture.Coverage;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

public sealed class CoverageProbeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("canary-").FullName;

    [Fact]
    public async Task Program_ThatAForkHoldsOpenForWriting_IsStartedOnceItLetsGo()
    {
        var program = Path.Join(_folder, "canary");
        File.Copy("/bin/true", program);
        Task<Process> starting;
        await using (File.Open(program, FileMode.Open, FileAccess.Write))
        {
            starting = CoverageProbe.StartWrittenAsync(new(program), TestContext.Current.CancellationToken);
            Assert.False(starting.IsCompleted);
        }

        using var process = await starting;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Program_ThatIsNone_FailsAtOnce()
    {
        var error = await Assert.ThrowsAsync<Win32Exception>(() => CoverageProbe.StartWrittenAsync(new(Path.Join(_folder, "absent")), TestContext.Current.CancellationToken));
        Assert.Equal(2, error.NativeErrorCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
