using System.Runtime.InteropServices;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>RandomX is told by how its threads round, seen from outside.</summary>
public sealed class RoundingTests(CaptureFixture capture)
{
    private static string? _stimulus;

    [Fact]
    public async Task Process_ThatRoundsInAllWays_IsToldOnce_AndIntervalArithmeticIsNot()
    {
        capture.Require();
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "only x86 is read");
        _stimulus ??= capture.Compile("stimulus-rounding.c");
        await using var running = await RungCapture.StartAsync(1, capture.Options with { RoundingInterval = TimeSpan.FromMilliseconds(100) });
        using var interval = CaptureFixture.StartProgram(_stimulus, "interval");
        using var plain = CaptureFixture.StartProgram(_stimulus, "plain");
        using var first = CaptureFixture.StartProgram(_stimulus, "all");
        try
        {
            await ToldAsync(running, first.Id);
            // The second began after the first was told: whatever was to be told of the others would have been by its end.
            using var second = CaptureFixture.StartProgram(_stimulus, "all");
            try
            {
                await ToldAsync(running, second.Id);
            }
            finally
            {
                second.Kill();
            }

            Assert.Equal([first.Id, second.Id], running.Sink.All<CapturedPrivilege>(e => e.Operation == PrivilegeOperation.Rounding).Select(e => (int)e.Origin.Pid));
        }
        finally
        {
            interval.Kill();
            plain.Kill();
            first.Kill();
        }
    }

    private static Task<CapturedPrivilege> ToldAsync(RungCapture running, int pid) =>
        running.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation == PrivilegeOperation.Rounding);
}
