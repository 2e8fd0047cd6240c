using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Tests.Hardening;
using Xunit;

namespace Runtime.Agent.Tests.Binaries;

/// <summary>Real files of real processes: this test's children and itself.</summary>
public sealed class BinaryInspectorTests : IDisposable
{
    private static readonly byte[] SleepHash = SHA256.HashData(File.ReadAllBytes("/usr/bin/sleep"));
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-binaries-").FullName;
    private readonly List<Process> _children = [];
    private readonly ProcfsReader _procfs = new("/proc");

    [Fact]
    public void Program_ThatRuns_IsHashed()
    {
        using var inspector = Inspector();
        Assert.True(inspector.AskExecuted(Run("/usr/bin/sleep"), null, Now));
        var reading = Take(inspector);
        Assert.Equal(SleepHash, reading.Content.Sha256);
        Assert.Equal(BinaryTraits.None, reading.Content.Traits);
    }

    [Fact]
    public void Program_RemovedAfterItsStart_IsHashedAllTheSame()
    {
        using var inspector = Inspector();
        var copy = Copy("sleep");
        var process = Run(copy);
        // The removal changes ctime, which the kernel told as it was before.
        File.Delete(copy);
        process = new(process) { ChangedUnixSeconds = process.ChangedUnixSeconds - 60 };
        Assert.True(inspector.AskExecuted(process, null, Now));
        Assert.Equal(SleepHash, Take(inspector).Content.Sha256);
    }

    [Fact]
    public void Program_ReplacedAfterItsStart_IsHashedAsItWasExecuted()
    {
        using var inspector = Inspector();
        var copy = Copy("sleep");
        var process = Run(copy);
        File.Copy("/usr/bin/env", copy + ".new");
        File.Move(copy + ".new", copy, overwrite: true);
        Assert.True(inspector.AskExecuted(process, null, Now));
        Assert.Equal(SleepHash, Take(inspector).Content.Sha256);
    }

    [Fact]
    public void Process_ThatIsGone_IsToldAndAskedAgain()
    {
        using var inspector = Inspector();
        var process = Run("/usr/bin/sleep");
        var gone = new ProcessRecord(process) { Key = new(4_194_305, process.Key.StartBootNs) };
        Assert.True(inspector.AskExecuted(gone, null, Now));
        var reading = Take(inspector);
        Assert.Equal((BinaryTraits.Gone, 0), (reading.Content.Traits, reading.Content.Sha256.Length));
        Assert.True(inspector.AskExecuted(process, null, Now));
        Assert.Equal(SleepHash, Take(inspector).Content.Sha256);
    }

    [Fact]
    public void Process_ThatIsGone_IsReadFromTheRootOfWhoStartedIt()
    {
        using var inspector = Inspector();
        var process = new ProcessRecord(Run("/usr/bin/sleep")) { MountNamespace = 7 };
        var gone = new ProcessRecord(process) { Key = new(4_194_305, 1), Parent = process };
        Assert.True(inspector.AskExecuted(gone, null, Now));
        Assert.Equal(SleepHash, Take(inspector).Content.Sha256);

        var replaced = new ProcessRecord(gone) { Size = gone.Size + 1 };
        Assert.True(inspector.AskExecuted(replaced, null, Now));
        Assert.Equal((BinaryTraits.Changed, 0), Take(inspector) is var r ? (r.Content.Traits, r.Content.Sha256.Length) : default);

        var elsewhere = new ProcessRecord(gone) { MountNamespace = 8, Inode = gone.Inode + 1 };
        Assert.True(inspector.AskExecuted(elsewhere, null, Now));
        Assert.Equal(BinaryTraits.Gone, Take(inspector).Content.Traits);
    }

    [Fact]
    public void Process_ThatExecutedTheNextProgram_IsNotHashedAsTheFirst()
    {
        using var inspector = Inspector();
        var process = Run("/usr/bin/sleep");
        var other = new ProcessRecord(process) { Binary = "/usr/bin/other"u8.ToArray(), Inode = process.Inode + 1 };
        Assert.True(inspector.AskExecuted(other, null, Now));
        Assert.Equal(BinaryTraits.Gone, Take(inspector).Content.Traits);
    }

    [Fact]
    public void File_OfAnotherSizeThanExecuted_IsChanged()
    {
        using var inspector = Inspector();
        var process = Run("/usr/bin/sleep");
        Assert.True(inspector.AskExecuted(new ProcessRecord(process) { Size = process.Size + 1 }, null, Now));
        Assert.Equal(BinaryTraits.Changed, Take(inspector).Content.Traits);
    }

    [Fact]
    public void File_OverTheLimit_IsNotRead()
    {
        using var inspector = Inspector(new BinaryOptions { MaxFileBytes = 4096 });
        Assert.True(inspector.AskExecuted(Run("/usr/bin/sleep"), null, Now));
        var reading = Take(inspector);
        Assert.Equal((BinaryTraits.TooLarge, 0), (reading.Content.Traits, reading.Content.Sha256.Length));
        Assert.Equal(0ul, inspector.Counters()["binaries.hashed_bytes"]);
    }

    [Fact]
    public void File_SeenBefore_IsReadOnce()
    {
        using var inspector = Inspector();
        var process = Run("/usr/bin/sleep");
        Assert.True(inspector.AskExecuted(process, null, Now));
        _ = Take(inspector);
        Assert.True(inspector.AskExecuted(process, null, Now));
        Assert.True(inspector.IsIdle);
        Assert.Equal(1ul, inspector.Counters()["binaries.asked"]);
    }

    [Fact]
    public void Payload_OfALoader_IsFoundInTheProcessesRoot()
    {
        using var inspector = Inspector();
        var process = Run("/usr/bin/sleep");
        var payload = new ProcessRecord(process) { Payload = Encoding.UTF8.GetBytes("/../usr/bin/sleep") };
        Assert.True(inspector.AskPayload(payload, null));
        Assert.Equal(SleepHash, Take(inspector).Content.Sha256);
    }

    [Theory]
    [InlineData("/proc/self/exe")]      // a magic link: ours, not the container's
    [InlineData("/dev/null")]           // no file
    [InlineData("/etc")]
    [InlineData("/no/such/file")]
    public void Payload_ThatIsNoFileOfTheContainer_IsNotRead(string path)
    {
        using var inspector = Inspector();
        var payload = new ProcessRecord(Run("/usr/bin/sleep")) { Payload = Encoding.UTF8.GetBytes(path) };
        Assert.True(inspector.AskPayload(payload, null));
        Assert.Empty(Take(inspector).Content.Sha256);
    }

    [Fact]
    public void Payload_HiddenBehindRenames_IsChangedAndNotGone()
    {
        Directory.CreateDirectory(Path.Join(_folder, "real"));
        File.WriteAllText(Path.Join(_folder, "real/payload"), "");
        RenameLoop.MakeLongWay(_folder, "far", "real");
        using var inspector = Inspector();
        var payload = new ProcessRecord(Run("/usr/bin/sleep")) { Payload = Encoding.UTF8.GetBytes($"{_folder}/far/payload") };
        using var loop = new RenameLoop(_folder);
        var traits = BinaryTraits.None;

        for (var since = Stopwatch.StartNew(); (traits & BinaryTraits.Changed) == 0 && since.Elapsed < TimeSpan.FromSeconds(30);)
        {
            Assert.True(inspector.AskPayload(payload, null));
            traits |= Take(inspector).Content.Traits;
        }

        Assert.Equal(BinaryTraits.Changed, traits & (BinaryTraits.Changed | BinaryTraits.Gone));
    }

    [Fact]
    public void Queue_ThatIsFull_LosesTheNewestAndCountsIt()
    {
        // A budget that is spent by the first file: the thread waits and nothing leaves the queue.
        using var inspector = Inspector(new BinaryOptions { QueueLength = 2, BytesPerSecond = 1 });
        var process = Run("/usr/bin/sleep");
        for (var i = 0u; i < 2; i++)
            Assert.True(inspector.AskPayload(new ProcessRecord(process) { Payload = "/usr/bin/env"u8.ToArray() }, null));
        Assert.False(inspector.AskExecuted(process, null, Now));
        Assert.Equal(1ul, inspector.Counters()["binaries.queue_full"]);
    }

    [Fact]
    public void Budget_OverItsSecond_MakesWait()
    {
        var time = new FakeTimeProvider();
        var budget = new HashBudget(1000, time);
        Assert.Equal(TimeSpan.Zero, budget.Spend(1000));
        Assert.Equal(TimeSpan.FromSeconds(0.5), budget.Spend(500));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, budget.Spend(500));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromSeconds(1), budget.Spend(2000));
    }

    [Fact]
    public void RecentFiles_UsedOnes_OutliveTheOthersAndTheBoundHolds()
    {
        var recent = new RecentFiles<int, int>(10);
        recent.Set(-1, 7);
        for (var i = 0; i < 100; i++)
        {
            recent.Set(i, i);
            Assert.True(recent.TryGet(-1, out var kept) && kept == 7);
            Assert.True(recent.Count <= 11);
        }
        Assert.False(recent.TryGet(0, out _));
        recent.Forget(-1);
        Assert.False(recent.TryGet(-1, out _));
    }

    public void Dispose()
    {
        foreach (var child in _children)
        {
            child.Kill();
            child.WaitForExit();
            child.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private static long Now => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static BinaryInspector Inspector(BinaryOptions? options = null) => new(options ?? new BinaryOptions(), new("/proc/self"), TimeProvider.System, fault => Assert.Fail(fault));

    private static BinaryReading Take(BinaryInspector inspector)
    {
        BinaryReading? reading = null;
        Assert.True(SpinWait.SpinUntil(() => inspector.TryTake(out reading), TimeSpan.FromSeconds(10)), "no answer");
        return reading!;
    }

    private string Copy(string tool)
    {
        var copy = Path.Combine(_folder, Path.GetRandomFileName());
        File.Copy($"/usr/bin/{tool}", copy);
        return copy;
    }

    /// <summary>A child that sleeps, as the process table would know it.</summary>
    private ProcessRecord Run(string program)
    {
        var child = Process.Start(program, "60");
        _children.Add(child);
        ProcfsProcess? found = null;
        Assert.True(SpinWait.SpinUntil(() => (found = _procfs.ReadProcess((uint)child.Id)) is { } p && Encoding.UTF8.GetString(p.Binary) == program, TimeSpan.FromSeconds(10)));
        return new()
        {
            Key = new(found!.Pid, 1),
            Cgroup = new CgroupKey(1, 2),
            Binary = found.Binary,
            Inode = found.Inode,
            Device = found.Device,
            Size = found.Size,
            ModifiedUnixSeconds = found.ModifiedUnixSeconds,
            ChangedUnixSeconds = found.ChangedUnixSeconds,
        };
    }
}
