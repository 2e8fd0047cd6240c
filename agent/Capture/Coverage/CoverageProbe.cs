using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Runtime.Agent.Capture.Coverage;

/// <summary>Measures what arrives: runs harmless programs of known life times and asks the sink which of them it met.</summary>
/// <param name="folder">Ours alone; gets the program and what it writes, for as long as it runs. Must allow execution.</param>
/// <param name="latest">How late an act may arrive.</param>
internal sealed class CoverageProbe(CoverageSink sink, string folder, TimeSpan latest)
{
    private static readonly TimeSpan[] Lives = [.. new[] { 0, 1, 10, 100, 1000 }.Select(ms => TimeSpan.FromMilliseconds(ms))];
    private static readonly string[] Acts = ["connect", "write"];

    private volatile CoverageFigures _newest = CoverageFigures.None;

    /// <summary>Of the last measurement; <see cref="CoverageFigures.None"/> before the first. Any thread.</summary>
    public CoverageFigures Newest => _newest;

    /// <summary>Measures now and after each interval, until cancelled.</summary>
    /// <param name="interval">Zero: never.</param>
    /// <param name="told">Gets each measurement, or why there is none.</param>
    public async Task RunAsync(TimeSpan interval, Action<CoverageFigures> told, Action<string> failed, CancellationToken cancellationToken)
    {
        while (interval > TimeSpan.Zero && !cancellationToken.IsCancellationRequested)
        {
            try
            {
                _newest = await MeasureAsync(4, cancellationToken);
                told(_newest);
                await Task.Delay(interval, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            // The border of the loop: without a measurement the agent sees as well as with one.
            catch (Exception e)
            {
                failed($"coverage is not measured: {e.Message}");
                return;
            }
        }
    }

    /// <param name="repeats">Programs of each act and life time.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="Win32Exception">The program cannot be started there (noexec?).</exception>
    public async Task<CoverageFigures> MeasureAsync(int repeats, CancellationToken cancellationToken)
    {
        var program = Path.Combine(folder, "canary");
        var run = new List<(string Act, TimeSpan Life, uint Pid)>();
        try
        {
            Unpack(program);
            sink.Begin(Encoding.UTF8.GetBytes(program));
            for (var repeat = 0; repeat < repeats; repeat++)
            {
                foreach (var life in Lives)
                {
                    foreach (var act in Acts)
                        run.Add((act, life, await RunAsync(program, life, act, program + ".written", cancellationToken)));
                }
            }
            await UntilArrivedAsync(run, cancellationToken);
            return Figures(run);
        }
        finally
        {
            sink.End();
            File.Delete(program);
            File.Delete(program + ".written");
        }
    }

    private async Task<uint> RunAsync(string program, TimeSpan life, string act, string file, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = "/" };
        foreach (var text in new[] { life.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture), act, file })
            start.ArgumentList.Add(text);
        start.Environment.Clear();
        using var process = await StartWrittenAsync(start, cancellationToken);
        var pid = (uint)process.Id;
        sink.Expect(pid);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(life + TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? pid : throw new InvalidOperationException($"the canary could not {act}");
    }

    /// <summary>
    /// Starts a program that was written a moment ago. A process that was forked elsewhere in the agent meanwhile, such as a probe of sight, holds
    /// the file open for writing until its own exec, and so long the kernel answers ETXTBSY: there is no event to await, so it is tried again.
    /// </summary>
    /// <exception cref="Win32Exception">It cannot be started, or was still open for writing after two seconds.</exception>
    internal static async Task<Process> StartWrittenAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        const int textFileBusy = 26;
        for (var left = 100; ; left--)
        {
            try
            {
                return Process.Start(start)!;
            }
            catch (Win32Exception e) when (e.NativeErrorCode == textFileBusy && left > 0)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    /// <summary>Ends early when everything is there.</summary>
    private async Task UntilArrivedAsync(List<(string Act, TimeSpan Life, uint Pid)> run, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(latest.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end && run.Exists(c => !sink.Arrived(c.Pid).HasFlag(CoverageSink.Acts.Exec | Of(c.Act))))
            await Task.Delay(50, cancellationToken);
    }

    private CoverageFigures Figures(List<(string Act, TimeSpan Life, uint Pid)> run) => new(
    [
        .. Lives.Select(life => Figure("exec", life, CoverageSink.Acts.Exec, run)),
        .. Acts.SelectMany(act => Lives.Select(life => Figure(act, life, Of(act), run.FindAll(c => c.Act == act)))),
    ]);

    private CoverageFigure Figure(string kind, TimeSpan life, CoverageSink.Acts act, List<(string Act, TimeSpan Life, uint Pid)> run)
    {
        var lived = run.FindAll(c => c.Life == life);
        return new(kind, life, lived.Count, lived.Count(c => sink.Arrived(c.Pid).HasFlag(act)));
    }

    private static CoverageSink.Acts Of(string act) => act == "connect" ? CoverageSink.Acts.Connect : CoverageSink.Acts.Write;

    private void Unpack(string program)
    {
        Directory.CreateDirectory(folder);
        File.Delete(program);
        using var resource = typeof(CoverageProbe).Assembly.GetManifestResourceStream("canary") ?? throw new InvalidOperationException("the canary was not built in");
        using var file = new FileStream(program, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
        });
        resource.CopyTo(file);
    }
}
