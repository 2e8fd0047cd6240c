using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Runtime.Agent.Capture;
using Runtime.Bpf.Tests;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(CaptureFixture))]
[assembly: AssemblyFixture(typeof(Runtime.Stack.HeldTracepoints))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Runtime.Bpf.Tests;

/// <summary>One running capture for all tests, and the program that gives it something to see.</summary>
public sealed class CaptureFixture : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly BpfEventSource? _source;
    private readonly Thread? _thread;
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-bpf-").FullName;
    private ExceptionDispatchInfo? _failure;

    public CaptureFixture()
    {
        if (!IsRoot) return;
        Stimulus = Path.Combine(_folder, "stimulus");
        Run("clang", "-static", "-O1", "-pthread", Path.Combine(AppContext.BaseDirectory, "stimulus.c"), "-o", Stimulus);
        _source = BpfEventSource.Start(Options);
        _thread = new Thread(Capture) { IsBackground = true, Name = "bpf-events" };
        _thread.Start();
    }

    /// <summary>Small enough for a busy test machine, with one file of our own among the sensitive ones.</summary>
    internal CaptureOptions Options => new()
    {
        RingBytes = 4 * 1024 * 1024,
        RepeatInterval = TimeSpan.Zero,
        SensitivePaths = [.. SensitivePaths.Defaults, $"{_folder}/secret", $"{_folder}/vault/", "*/beacon.key"],
    };

    internal CapturingSink Sink { get; } = new();

    internal BpfEventSource Source => _source ?? throw new InvalidOperationException("not root");

    internal string Stimulus { get; } = "";

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>A new empty folder that goes with the fixture.</summary>
    internal string NewFolder() => Directory.CreateDirectory(Path.Combine(_folder, Path.GetRandomFileName())).FullName;

    internal string Folder => _folder;

    internal void Require()
    {
        Assert.SkipUnless(IsRoot, "loading BPF programs needs root");
        _failure?.Throw();
    }

    /// <summary>Starts the stimulus and answers it running.</summary>
    internal Process Start(params string[] arguments) => StartProgram(Stimulus, arguments);

    internal static Process StartProgram(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Runs the stimulus to its end; answers its pid.</summary>
    internal async Task<uint> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var error = await process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.True(process.ExitCode is not (>= 96 and <= 99), $"stimulus {string.Join(' ', arguments)}: {error}");
        return (uint)process.Id;
    }

    /// <summary>A stimulus of its own beside the test; answers the program.</summary>
    internal string Compile(string source, params string[] flags)
    {
        var built = Path.Combine(_folder, Path.GetFileNameWithoutExtension(source));
        Run("clang", ["-static", "-O1", .. flags, Path.Combine(AppContext.BaseDirectory, source), "-o", built]);
        return built;
    }

    internal static void Run(string program, params string[] arguments)
    {
        using var process = StartProgram(program, arguments);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {error}");
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join(TimeSpan.FromSeconds(5));
        _source?.Dispose();
        _stop.Dispose();
        // Not Directory.Delete: it cannot name the files whose names are no UTF-8.
        Run("rm", "-rf", _folder);
    }

    private void Capture()
    {
        try
        {
            Source.Run(Sink, _stop.Token);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
