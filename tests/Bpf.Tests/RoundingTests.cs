using System.Diagnostics;
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

    /// <summary>What a sample takes of the capture thread: printed with -diagnostics, for agent/DECISIONS.md.</summary>
    [Fact]
    public void Sample_OfThousandsOfThreads_SaysWhatItCosts()
    {
        capture.Require();
        const int threads = 3000;
        using var programs = BpfPrograms.Start(BpfPrograms.EmbeddedObject(), capture.Options, new SensitivePaths([]), (uint)Environment.ProcessId);
        using var scan = new RoundingScan(programs.Link(RoundingScan.Program), TimeSpan.FromTicks(1));
        using var end = new ManualResetEventSlim();
        var waiting = Enumerable.Range(0, threads).Select(_ => new Thread(end.Wait, 64 * 1024) { IsBackground = true }).ToList();
        waiting.ForEach(thread => thread.Start());
        var micros = Enumerable.Range(0, 21).Select(_ =>
        {
            var begun = Stopwatch.GetTimestamp();
            scan.Step(new Nobody());
            return Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
        }).Order().ToList();
        end.Set();
        waiting.ForEach(thread => thread.Join());
        TestContext.Current.SendDiagnosticMessage("{0} threads more: {1:0} us a sample (median of {2}, {3:0} to {4:0})", threads, micros[micros.Count / 2], micros.Count, micros[0], micros[^1]);
        Assert.Equal(0ul, scan.Failed);
    }

    private sealed class Nobody : IRawRecordSink
    {
        public void OnRecord(ReadOnlySpan<byte> record) => Assert.Fail("nobody here rounds in all ways");
    }

    private static Task<CapturedPrivilege> ToldAsync(RungCapture running, int pid) =>
        running.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation == PrivilegeOperation.Rounding);
}
