using System.Diagnostics;
using System.Globalization;

namespace Runtime.Bench;

/// <summary>Programs that a benchmark runs to their end.</summary>
internal static class Commands
{
    /// <exception cref="InvalidOperationException">It ended with another code than 0; with what it printed.</exception>
    /// <exception cref="OperationCanceledException">It was ended, with all that it had started.</exception>
    public static async Task<string> RunAsync(string file, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }

    public static async Task<double> NumberAsync(string file, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        double.Parse((await RunAsync(file, arguments, cancellationToken)).Trim(), CultureInfo.InvariantCulture);

    /// <summary>CPU time of a process so far, user and system, all threads; 0 when it is gone. /proc/PID/schedstat counts the leader only.</summary>
    public static TimeSpan CpuOf(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.TotalProcessorTime;
        }
        catch (ArgumentException)
        {
            return TimeSpan.Zero;
        }
    }

    /// <summary>The process of that name (comm), or 0.</summary>
    public static int PidOf(string name) => Process.GetProcessesByName(name).Select(process => process.Id).FirstOrDefault();

    /// <summary>Open descriptors of a process whose link begins so; 0 when it is gone.</summary>
    public static int DescriptorsOf(int pid, string prefix)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count(link => new FileInfo(link).LinkTarget?.StartsWith(prefix, StringComparison.Ordinal) == true);
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Proportional and resident set, MiB, from /proc/PID/smaps_rollup.</summary>
    public static (double Pss, double Rss) MemoryOf(int pid)
    {
        var lines = File.ReadAllLines($"/proc/{pid}/smaps_rollup");
        return (Mebibytes("Pss:"), Mebibytes("Rss:"));

        double Mebibytes(string key) => double.Parse(
            lines.First(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..].Replace("kB", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture) / 1024;
    }
}
