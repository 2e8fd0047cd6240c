using System.Diagnostics;

namespace Runtime.Pods;

/// <summary>A program of the system that is run to its end, without a shell.</summary>
public static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; with its errors.</exception>
    /// <exception cref="TimeoutException">It ran for more than a minute and was killed.</exception>
    public static async Task<string> RunAsync(string file, params IEnumerable<string> arguments)
    {
        var (code, output, errors) = await TryAsync(file, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {code}: {errors.Trim()}");
    }

    public static async Task<(int ExitCode, string Output, string Errors)> TryAsync(string file, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var timeout = new CancellationTokenSource(Limit);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            var output = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end within {Limit.TotalSeconds:0} s");
        }
    }
}
